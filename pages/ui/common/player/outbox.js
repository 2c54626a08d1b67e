// Edits that the server has not confirmed yet. They are kept in the browser too, so that neither a server that is gone
// nor a tab that is closed loses them: whoever opens this track next sends them. Each says who sent it, and its number
// there; the server takes each once, however often it is sent.
/** @import { Edit, Player } from "./types" */
import { number } from "./formatting.js";

const PREFIX = "kinetoscope/unsent/";
const UNCONFIRMED_MS = 3000; // after this long a person is told

/** @param {Player} player */
const prefixOf = (player) => `${PREFIX}${player.data.keep}/`;

/** Keep what is unsent where the next tab finds it; false where the browser keeps nothing. @param {Player} player */
function save(player) {
  try {
    const key = prefixOf(player) + player.nonce;
    if (player.outbox.length) localStorage.setItem(key, JSON.stringify(player.outbox));
    else localStorage.removeItem(key);
    return true;
  } catch {
    return false; // a private window, or full
  }
}

/** Take from the browser what earlier tabs could not send. @param {string} prefix @returns {Edit[]} */
function takeSaved(prefix) {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    const texts = keys.map((key) => localStorage.getItem(key) ?? "[]");
    for (const key of keys) localStorage.removeItem(key);
    return texts.flatMap((text) => JSON.parse(text)).filter((edit) => edit?.from && Number.isInteger(edit.n));
  } catch {
    return []; // what cannot be read is no edit
  }
}

/** What earlier tabs could not send of this track comes first. @param {Player} player */
export function restore(player) {
  const { keep } = player.data;
  if (!keep || player.outboxKey === keep) return;
  player.outboxKey = keep;
  const edits = takeSaved(prefixOf(player));
  if (!edits.length) return;
  player.outbox = [...edits, ...player.outbox];
  post(player);
}

/** Send the server all that it did not confirm. @param {Player} player */
export function post(player) {
  const saved = save(player);
  player.unconfirmed = true;
  player.setStateValue(
    "edits",
    player.outbox.map((edit) => ({ ...edit })),
  );
  player.overdueTimer ??= setTimeout(() => warn(player, saved), UNCONFIRMED_MS);
}

/** Drop what the server says that it has; in a new session with it, send the rest again. @param {Player} player */
export function confirm(player) {
  const { done, session } = player.data;
  const left = player.outbox.filter((edit) => edit.n > (done[edit.from] ?? 0));
  const fewer = left.length < player.outbox.length;
  player.outbox = left;
  if (fewer) save(player);
  if (!left.length) rest(player);
  else if (player.session && player.session !== session) post(player);
  player.session = session;
}

/** @param {Player} player */
function rest(player) {
  clearTimeout(player.overdueTimer);
  player.overdueTimer = undefined;
  player.unsent.hidden = true;
}

/** @param {Player} player @param {boolean} saved */
function warn(player, saved) {
  const { length } = player.outbox;
  const edits = length === 1 ? "1 edit is" : `${number(length)} edits are`;
  const advice = saved
    ? "This browser keeps them and sends them when the program is back, even if you close the tab."
    : "Keep this tab open until the program is back.";
  player.unsent.textContent = `${edits} not saved yet because the program does not respond. ${advice}`;
  player.unsent.hidden = !length;
}
