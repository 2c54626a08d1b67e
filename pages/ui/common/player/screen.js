// The picture: exact seeking, and the frame that is on screen told by the browser itself.
const REST_MS = 250;
const REST_EDITING_MS = 1500; // while labels are drawn the server has better things to do
const INSIDE = [0.5, 0.25, 0.8]; // where in a frame's time it is sought, if need be one after the other
const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 4];
const LATE_MS = 400; // after this long without word of a new picture, the browser's clock is believed

// Go to a frame. Seeks do not pile up: while one is under way only the last that was asked for counts.
function seekFrame(self, index, { play = false } = {}) {
  const frame = Math.min(Math.max(index, 0), self.table.count - 1);
  self.tries = 0;
  self.asked = frame;
  self.box.dataset.settled = "no";
  show(self, frame, self.table.starts[frame]);
  if (!playing(self)) return settle(self, frame);
  if (play) self.wantsPlay = true;
  request(self);
}

const playing = (self) => Boolean(self.data.source) && !self.broken;

// Go to a moment; before the table of frames is here, by the clock.
function seek(self, seconds, play = false) {
  const within = Math.min(Math.max(seconds, 0), self.data.duration_s - 0.001);
  if (self.table) return seekFrame(self, self.table.at(within + 1e-6), { play });
  self.pending = { seconds: within, play: play || self.pending?.play };
  self.moment = within;
  drawHead(self);
}

function request(self) {
  if (self.video.readyState < 1) return; // onloadedmetadata asks again
  if (self.seeking) return;
  self.seeking = true;
  self.sent = self.asked;
  self.video.currentTime = self.table.inside(self.asked, INSIDE[self.tries]);
  clearTimeout(self.late);
  watchPicture(self);
}

// Tell of the next picture that the browser puts on screen.
function watchPicture(self) {
  if (self.watching || !self.video.requestVideoFrameCallback) return;
  self.watching = true;
  self.video.requestVideoFrameCallback((_, { mediaTime }) => {
    self.watching = false;
    pictureShown(self, mediaTime);
  });
}

function pictureShown(self, mediaTime) {
  if (!self.table) return watchPicture(self);
  const frame = self.table.shown(mediaTime);
  self.onScreen = frame;
  if (self.asked !== null) {
    if (!self.seeking && frame === self.asked) arrived(self, frame);
    else watchPicture(self);
    return;
  }
  show(self, frame, self.table.starts[frame]);
  if (self.video.paused) return;
  played(self, frame);
  watchPicture(self);
}

// Where a browser cannot tell of its pictures, its clock has to do.
function followClock(self) {
  if (self.video.paused || self.video.requestVideoFrameCallback) return;
  if (self.table && self.asked === null) {
    const frame = self.table.at(self.video.currentTime + 1e-6);
    show(self, frame, self.table.starts[frame]);
    played(self, frame);
  }
  requestAnimationFrame(() => followClock(self));
}

// A seek has ended and this picture is on screen: is it the one that was asked for?
function arrived(self, frame) {
  if (self.asked === null) return;
  if (frame !== self.asked && self.tries < INSIDE.length - 1) {
    self.tries += 1;
    return request(self);
  }
  clearTimeout(self.late);
  const wrong = frame !== self.asked;
  self.odd.hidden = !wrong;
  if (wrong) self.odd.textContent = `The browser shows frame ${number(frame)} here; frame ${number(self.asked)} was asked for.`;
  settle(self, frame);
}

function settle(self, frame) {
  self.asked = null;
  show(self, frame, self.table.starts[frame]);
  self.box.dataset.settled = "yes";
  tell(self);
}

function sought(self) {
  self.seeking = false;
  if (!self.table || self.asked === null) return;
  if (self.sent !== self.asked) return request(self);
  if (!self.video.paused || self.wantsPlay) return goOn(self);
  if (self.onScreen === self.asked) return arrived(self, self.asked);
  watchPicture(self);
  clearTimeout(self.late);
  self.late = setTimeout(() => arrived(self, believed(self)), LATE_MS);
}

// The frame that is on screen as far as can be told.
function believed(self) {
  const known = self.video.requestVideoFrameCallback && !document.hidden && self.onScreen !== null;
  return known ? self.onScreen : self.table.at(self.video.currentTime + 1e-6);
}

function goOn(self) {
  self.asked = null;
  self.wantsPlay = false;
  self.box.dataset.settled = "yes";
  self.odd.hidden = true;
  self.video.play().catch(() => {});
  watchPicture(self);
}

// A frame was played: end of a loop, of what is being painted, of what is in view.
function played(self, frame) {
  const { loop, table } = self;
  if (loop && (frame >= loop.stop - 1 || frame < loop.start)) {
    const rest = frame >= loop.stop - 1 ? table.starts[frame + 1] - table.starts[frame] : 0;
    clearTimeout(self.looping);
    self.looping = setTimeout(() => self.loop === loop && !self.video.paused && seekFrame(self, loop.start), (800 * rest) / self.video.playbackRate);
  }
  follow(self);
  paintOn(self, frame);
}

// Keep the playhead in view while it moves.
function follow(self) {
  const { view, moment } = self;
  const span = view.to - view.from;
  if (self.gesture || (moment >= view.from && moment < view.to)) return;
  look(self, moment - 0.08 * span, moment + 0.92 * span);
}

function tell(self) {
  if (self.data.quiet) return;
  clearTimeout(self.timer);
  self.timer = setTimeout(() => {
    if (!self.video.paused || !self.box.isConnected) return; // a page that was left is told nothing
    tellView(self);
    const rested = Number(self.moment.toFixed(6));
    if (rested === self.toldMoment) return;
    self.toldMoment = rested;
    self.setStateValue("moment", rested);
  }, edits(self) ? REST_EDITING_MS : REST_MS);
}

// Which part of the clip is shown large; two zeros where that is all of it.
function tellView(self) {
  const { from, to } = self.view;
  const whole = to - from >= self.data.duration_s - 1e-6;
  const told = whole ? [0, 0] : [Number(from.toFixed(2)), Number(to.toFixed(2))];
  if (String(told) === String(self.toldView)) return;
  self.toldView = told;
  self.setStateValue("view", told);
}

function mainRow(self) {
  return self.active || self.rows.find((row) => !row.told && row.look === "label" && !row.curves.length);
}

function here(row, seconds) {
  const place = placeAt(row.segments, seconds);
  return place < 0 ? null : row.segments[place];
}

const seenAt = (row, seconds) => !row.seen || row.seen.some(([from, to]) => from <= seconds && seconds < to);

// Everything that tells which frame it is.
function show(self, frame, seconds) {
  self.moment = seconds;
  self.frame = frame;
  const { palette, duration_s: end, rest } = self.data;
  const inside = self.table ? self.table.inside(frame) : seconds;
  const row = mainRow(self);
  const one = row && here(row, inside);
  const blank = row?.edits ? ["unlabelled", IDLE] : ["not looked at", rest];
  const label = one ? palette[one.label].label : blank[row && !seenAt(row, inside) ? 0 : 1];
  if (self.field.getRootNode().activeElement !== self.field) self.field.value = self.table ? frame : "";
  self.clock.textContent = `${clock(seconds, 2)} of ${clock(end, 2)}`;
  self.dot.style.background = one ? palette[one.label].colour : "transparent";
  self.label.textContent = row ? label : "";
  const sure = one && one.sure !== null ? `${Math.round(100 * one.sure)} % sure` : "";
  const others = self.rows.filter((other) => other.told && other !== row).map((other) => {
    const found = here(other, inside);
    return `${other.told} ${found ? palette[found.label].label : "nothing"}`;
  });
  self.sure.textContent = [sure, ...others].filter(Boolean).join(" · ");
  self.head.setAttribute("aria-valuenow", String(frame));
  self.head.setAttribute("aria-valuetext", `frame ${frame}, ${clock(seconds, 2)}, ${self.label.textContent}`);
  self.box.dataset.frame = String(frame);
  drawHead(self);
}

function toggle(self) {
  if (!playing(self)) return;
  if (self.video.paused) self.video.play().catch(() => {});
  else self.video.pause();
}

function step(self, by) {
  if (!self.table) return;
  self.video.pause();
  const from = self.asked ?? self.frame;
  seekFrame(self, from + by);
  follow(self);
  paintOn(self, Math.min(Math.max(from + by, 0), self.table.count - 1));
}

// To the next or the one before of all borders of segments in the row that counts; a segment that begins there is chosen
// where it can be edited.
function stepSegment(self, by) {
  if (!self.table) return;
  const row = self.chosenRow || mainRow(self) || self.rows[0];
  if (!row) return;
  self.video.pause();
  const now = self.asked ?? self.frame;
  const borders = row.segments.flatMap((one) => [self.table.first(one.start), self.table.first(one.stop)]);
  const found = borders.filter((at) => (by > 0 ? at > now && at < self.table.count : at < now));
  const end = by > 0 ? self.table.count - 1 : 0;
  const to = found.length ? found.reduce((one, other) => (by > 0 ? Math.min(one, other) : Math.max(one, other))) : end;
  seekFrame(self, to);
  follow(self);
  const one = row.segments[after(row.segments, self.table.inside(to))];
  if (row.edits && edits(self)) pick(self, row, one && self.table.first(one.start) === to ? one : null);
}

function setSpeed(self, rate) {
  self.video.defaultPlaybackRate = rate;
  self.video.playbackRate = rate;
  self.speed.value = String(rate);
}

function faster(self, by) {
  const at = SPEEDS.indexOf(self.video.playbackRate) + by;
  if (SPEEDS[at]) setSpeed(self, SPEEDS[at]);
}

// Play the chosen segment, or the one at the playhead, again and again; a second time ends it.
function toggleLoop(self) {
  const row = self.picked?.row || self.chosenRow || mainRow(self);
  const one = pickedSegment(self) || (row && self.table && here(row, self.table.inside(self.frame)));
  self.loop = self.loop || !one ? null : { start: self.table.first(one.start), stop: Math.max(self.table.first(one.stop), self.table.first(one.start) + 1) };
  self.loopButton.setAttribute("aria-pressed", String(Boolean(self.loop)));
  self.loopButton.classList.toggle("on", Boolean(self.loop));
  if (self.loop) {
    const { label } = self.data.palette[one.label];
    say(self, `Plays ${label} again and again`);
    seekFrame(self, self.loop.start, { play: true });
  } else say(self, one ? "Plays on" : "There is no segment here to repeat");
}

function say(self, words) {
  self.said.textContent = words;
  self.said.classList.add("fresh");
  clearTimeout(self.saying);
  self.saying = setTimeout(() => self.said.classList.remove("fresh"), 2600);
}

// What the lanes show of the clip, in seconds.
function look(self, from, to) {
  const end = self.data.duration_s;
  const least = self.table ? Math.min(end, (6 * end) / self.table.count) : Math.min(end, 0.2);
  const span = Math.min(Math.max(to - from, least), end);
  const start = Math.min(Math.max(from + (to - from - span) / 2, 0), end - span);
  self.view = { from: start, to: start + span };
  redraw(self);
  tell(self);
}

function zoom(self, factor, at = Number.NaN) {
  const { from, to } = self.view;
  const inView = self.moment >= from && self.moment <= to;
  const centre = Number.isNaN(at) ? (inView ? self.moment : (from + to) / 2) : at;
  look(self, centre - (centre - from) * factor, centre + (to - centre) * factor);
}
