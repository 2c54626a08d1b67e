// Edits that the server has not confirmed yet. They are kept in the browser too, so that neither a server that is gone
// nor a tab that is closed loses them: whoever opens this track next sends them. Each says who sent it, and its number
// there; the server takes each once, however often it is sent.
const OUTBOX = "kinetoscope/unsent/";
const UNCONFIRMED_MS = 3000; // after this long a person is told

const shelf = (self) => `${OUTBOX}${self.data.keep}/`;

// Put what is unsent where the next tab finds it; whether there is such a place.
function shelve(self) {
  try {
    const place = shelf(self) + self.nonce;
    if (self.outbox.length) localStorage.setItem(place, JSON.stringify(self.outbox));
    else localStorage.removeItem(place);
    return true;
  } catch {
    return false; // a private window, or full
  }
}

// What earlier tabs could not send of this track comes first.
function adopt(self) {
  if (!self.data.keep || self.adopted === self.data.keep) return;
  self.adopted = self.data.keep;
  const found = [];
  try {
    const places = Object.keys(localStorage).filter((place) => place.startsWith(shelf(self)));
    const texts = places.map((place) => localStorage.getItem(place));
    for (const place of places) localStorage.removeItem(place);
    found.push(...texts.flatMap((text) => JSON.parse(text)).filter((one) => one?.from && Number.isInteger(one.n)));
  } catch {
    // what cannot be read is no edit
  }
  if (!found.length) return;
  self.outbox = [...found, ...self.outbox];
  post(self);
}

// Tell the server all that it did not confirm.
function post(self) {
  const safe = shelve(self);
  self.ahead = true;
  self.setStateValue("edits", self.outbox.map((one) => ({ ...one })));
  self.overdue ??= setTimeout(() => warn(self, safe), UNCONFIRMED_MS);
}

// Let go of what the server says that it has; in a new session with it, send the rest anew.
function confirmed(self) {
  const { done, session } = self.data;
  const left = self.outbox.filter((edit) => !(edit.n <= done[edit.from]));
  const fewer = left.length < self.outbox.length;
  self.outbox = left;
  if (fewer) shelve(self);
  if (!left.length) atRest(self);
  else if (self.session && self.session !== session) post(self);
  self.session = session;
}

function atRest(self) {
  clearTimeout(self.overdue);
  self.overdue = null;
  self.unsent.hidden = true;
}

function warn(self, safe) {
  const many = self.outbox.length === 1 ? "1 edit is" : `${number(self.outbox.length)} edits are`;
  const then = safe ? "This browser keeps them until it does, even if you close the tab." : "Leave this tab open until it does.";
  self.unsent.textContent = `${many} not saved yet: the program does not answer. ${then}`;
  self.unsent.hidden = !self.outbox.length;
}
