// Labels drawn and mended: with the mouse on the lanes, with a key a label while the clip plays. An edit is shown at
// once, sent at once, and kept in the outbox until the server's next lanes tell that it has it.
const END_PX = 7;
const MAGNET_PX = 5;
const IDLE = "nothing happening"; // how a lane of one's own calls a stretch that was looked at and has no label
const HOLD_MS = 300; // a key held for longer paints until it is let go; a tap, until the next tap

const edits = (self) => Boolean(self.data.labels.length && self.table && self.rows.some((row) => row.edits));

function pickedSegment(self) {
  if (!self.picked) return null;
  const place = placeAt(self.picked.row.segments, self.picked.at);
  return place < 0 ? null : self.picked.row.segments[place];
}

function pick(self, row, one) {
  self.picked = one ? { row, at: (one.start + one.stop) / 2 } : null;
  if (one && row.edits) self.active = row;
  if (one) say(self, `${told(self, row, one)}${row.name ? `, ${row.name}` : ""}`);
  drawActive(self);
  redraw(self);
}

// A segment was clicked, or its button pressed.
function choose(self, row, one) {
  self.chosenRow = row;
  pick(self, row, one);
  if (row.edits && edits(self)) {
    if (self.table) seekFrame(self, self.table.first(one.start));
  } else seek(self, one.start, true);
}

// start, stop: borders between frames. start_s, stop_s: ends that stay where they are, which need not be on a border.
function send(self, kind, row, { at = 0, start = 0, stop = 0, label = "", start_s = null, stop_s = null } = {}) {
  const edit = { from: self.nonce, n: self.serial, kind, row: row.name, at, start, stop, label, start_s, stop_s };
  const kept = kind === "undo" || kind === "redo";
  if (!kept && !applied(self, edit)) return;
  self.serial += 1;
  self.outbox.push(edit);
  post(self);
  self.version += 1;
  redraw(self);
  if (self.frame !== null) show(self, self.frame, self.moment);
}

const labelOf = (self, index) => (index === NOTHING ? self.data.rest : self.data.palette[index].label);

// Paint from border to border with a label, with nothing, or make it unlabelled.
function paint(self, row, start, stop, label) {
  if (stop <= start) return;
  if (label === UNLABELLED) send(self, "unlabel", row, { start, stop });
  else send(self, "paint", row, { start, stop, label: labelOf(self, label) });
  self.picked = null;
  const one = here(row, self.table.inside(start));
  if (one) pick(self, row, one);
}

const middle = (one) => (one.start + one.stop) / 2;
const borders = (self, one) => [self.table.first(one.start), self.table.first(one.stop)];

// What the keys and buttons do to the chosen segment of a lane of one's own.
function withPicked(self, act) {
  const one = pickedSegment(self) || (self.active && here(self.active, self.table.inside(self.frame)));
  const row = pickedSegment(self) ? self.picked.row : self.active;
  if (!one || !row) return say(self, "Choose a segment first");
  if (!row.edits) return say(self, `${row.name} cannot be edited; Enter takes this over into ${self.active?.name || "your lane"}`);
  act(row, one, row.segments.indexOf(one));
}

function relabel(self, label) {
  withPicked(self, (row, one) => {
    if (label >= 0) send(self, "label", row, { at: middle(one), label: labelOf(self, label) });
    else if (label === NOTHING) send(self, "delete", row, { at: middle(one) });
    else send(self, "unlabel", row, { start: borders(self, one)[0], stop: borders(self, one)[1] });
  });
}

const remove = (self) =>
  withPicked(self, (row, one) => {
    send(self, "delete", row, { at: middle(one) });
    pick(self, row, null);
    say(self, "Deleted");
  });

const split = (self) =>
  withPicked(self, (row, one) => {
    const [start, stop] = borders(self, one);
    if (self.frame <= start || self.frame >= stop) return say(self, "Put the playhead inside the segment to split it");
    send(self, "split", row, { at: middle(one), start: self.frame, stop: self.frame });
    pick(self, row, here(row, self.table.inside(self.frame)));
  });

const merge = (self) =>
  withPicked(self, (row, one, place) => {
    const next = row.segments[place + 1];
    if (!next) return say(self, "There is no segment after this one");
    const [start, stop] = [borders(self, one)[0], borders(self, next)[1]];
    send(self, "merge", row, { at: middle(one), start, stop, start_s: one.start, stop_s: next.stop });
    pick(self, row, here(row, middle(one)));
  });

// The room that a segment has between its neighbours, in borders.
function room(self, row, place) {
  const [before, next] = [row.segments[place - 1], row.segments[place + 1]];
  return [before ? self.table.first(before.stop) : 0, next ? self.table.at(next.start + 1e-6) : self.table.count];
}

// Let a segment run from border to border as far as there is room; an end that is not moved stays as it is.
function change(self, row, place, start, stop) {
  const one = row.segments[place];
  const [low, high] = room(self, row, place);
  const [oldFrom, oldTo] = borders(self, one);
  const from = start === oldFrom ? start : Math.max(start, low);
  const to = stop === oldTo ? stop : Math.min(stop, high);
  if (to <= from || (from === oldFrom && to === oldTo)) return say(self, "There is no room: a neighbour or an end is in the way");
  const kept = { start_s: from === oldFrom ? one.start : null, stop_s: to === oldTo ? one.stop : null };
  send(self, "change", row, { at: middle(one), start: from, stop: to, ...kept });
  pick(self, row, here(row, self.table.inside(from)));
}

const startHere = (self) => withPicked(self, (row, one, place) => change(self, row, place, self.frame, borders(self, one)[1]));
const stopHere = (self) => withPicked(self, (row, one, place) => change(self, row, place, borders(self, one)[0], self.frame + 1));

// Move the beginning or the end by frames; where a neighbour touches, the border that both share.
const nudge = (self, start, stop) =>
  withPicked(self, (row, one, place) => {
    const [from, to] = borders(self, one);
    const first = start ? place - 1 : place;
    const pair = row.segments.slice(Math.max(first, 0), first + 2);
    if (first < 0 || pair.length < 2 || borders(self, pair[0])[1] !== borders(self, pair[1])[0]) return change(self, row, place, from + start, to + stop);
    moveBorder(self, row, first, borders(self, pair[0])[1] + start + stop);
    pick(self, row, here(row, self.table.inside(start ? to - 1 : from)));
  });

// The border that two touching segments share, never so far that one is gone.
function moveBorder(self, row, place, border) {
  const [one, next] = [row.segments[place], row.segments[place + 1]];
  if (border <= borders(self, one)[0] || border >= borders(self, next)[1] || border === borders(self, one)[1]) return;
  send(self, "border", row, { at: middle(one), start: border, stop: border });
}

// Copy the chosen segment of another lane into the one that is worked on.
function takeOver(self) {
  const one = pickedSegment(self);
  if (!one || self.picked.row.edits || !self.active) return false;
  const [start, stop] = borders(self, one);
  paint(self, self.active, start, Math.max(stop, start + 1), one.label);
  say(self, `Taken over into ${self.active.name}`);
  return true;
}

function history(self, kind) {
  if (!self.active) return;
  self.picked = null;
  send(self, kind, self.active);
  say(self, kind === "undo" ? "Undone" : "Done again");
}

// Painting with a key ---------------------------------------------------------------------------------------------

function labelDown(self, label, key) {
  const { painting } = self;
  if (painting) {
    const same = painting.label === label;
    endPainting(self);
    if (same || self.video.paused) return;
  } else if (self.video.paused && self.picked?.row.edits && pickedSegment(self)) return relabel(self, label);
  if (!self.active) return;
  self.painting = { label, key, from: self.frame, to: self.frame + 1, since: performance.now(), latched: false, moved: !self.video.paused };
  setBrush(self, label);
  paintOn(self, self.frame);
}

function labelUp(self, key) {
  const { painting } = self;
  if (!painting || painting.key !== key || painting.latched) return;
  if (!painting.moved) {
    self.painting = self.ghost = null;
    redraw(self);
    return say(self, `${named(self, painting.label)}: drag on your lane to draw it, or hold its key while the clip plays`);
  }
  if (performance.now() - painting.since >= HOLD_MS || self.video.paused) return endPainting(self);
  painting.latched = true;
  say(self, `Painting ${named(self, painting.label)} until the next tap`);
}

function paintOn(self, frame) {
  const { painting } = self;
  if (!painting) return;
  if (frame !== painting.from) painting.moved = true;
  painting.to = frame >= painting.from ? frame + 1 : frame;
  const [start, stop] = painting.to > painting.from ? [painting.from, painting.to] : [painting.to, painting.from + 1];
  self.ghost = { row: self.active, start, stop, label: painting.label };
  redraw(self);
}

function endPainting(self) {
  const { painting, ghost } = self;
  self.painting = self.ghost = null;
  if (!painting || !ghost || !painting.moved) return redraw(self);
  paint(self, ghost.row, ghost.start, ghost.stop, painting.label);
  self.picked = null;
  redraw(self);
}

const named = (self, label) => (label === UNLABELLED ? "unlabelled" : label === NOTHING ? IDLE : labelOf(self, label));

function setBrush(self, label) {
  self.brush = label;
  for (const chip of self.chips.querySelectorAll("button")) chip.setAttribute("aria-pressed", String(Number(chip.dataset.label) === label));
}

// The mouse -------------------------------------------------------------------------------------------------------

const timeAt = (self, x) => self.view.from + (x / self.wide) * (self.view.to - self.view.from);
const pixelsOf = (self, seconds) => ((seconds - self.view.from) * self.wide) / (self.view.to - self.view.from);
const rowAt = (self, y) => self.rows.find((row) => y < row.top + row.height + 1) || self.rows.at(-1);

// The border between frames at a place of the screen, drawn to the playhead and to ends of segments that are near.
function snapped(self, x, besides) {
  const seconds = timeAt(self, x);
  const near = [self.moment];
  for (const row of self.rows)
    for (let i = Math.max(after(row.segments, seconds) - 1, 0), stop = i + 3; i < Math.min(stop, row.segments.length); i += 1)
      if (row.segments[i] !== besides) near.push(row.segments[i].start, row.segments[i].stop);
  const best = near.reduce((one, other) => (Math.abs(pixelsOf(self, other) - x) < Math.abs(pixelsOf(self, one) - x) ? other : one));
  return Math.abs(pixelsOf(self, best) - x) <= MAGNET_PX ? self.table.first(best) : self.table.border(seconds);
}

// What lies at a place of a lane that may be edited: an end of a segment, its body, or nothing.
function grip(self, row, x, touch) {
  const reach = touch ? 2 * END_PX : END_PX;
  const seconds = timeAt(self, x);
  const first = Math.max(after(row.segments, seconds) - 1, 0);
  let best = null;
  for (let i = first; i < Math.min(first + 3, row.segments.length); i += 1) {
    const one = row.segments[i];
    const third = (pixelsOf(self, one.stop) - pixelsOf(self, one.start)) / 3;
    for (const end of ["start", "stop"]) {
      const away = Math.abs(pixelsOf(self, one[end]) - x);
      const within = one.start <= seconds && seconds < one.stop;
      if (away <= (within ? Math.min(reach, Math.max(third, 2)) : reach) && (!best || away < best.away)) best = { kind: end, place: i, away };
    }
  }
  const place = placeAt(row.segments, seconds);
  return best || (place < 0 ? { kind: "blank" } : { kind: "body", place });
}

function spot(self, event) {
  const frame = self.lane.getBoundingClientRect();
  return { x: event.clientX - frame.left, y: event.clientY - frame.top };
}

function press(self, event) {
  const { x, y } = spot(self, event);
  self.pointers.set(event.pointerId, x);
  if (self.pointers.size === 2) return beginPinch(self);
  if (event.button === 1 || event.altKey) self.gesture = { kind: "pan", x, view: self.view };
  else if (event.button !== 0) return;
  else {
    const row = rowAt(self, y);
    const free = !row.edits || !edits(self);
    const held = free ? { kind: placeAt(row.segments, timeAt(self, x)) < 0 ? "blank" : "body" } : grip(self, row, x, event.pointerType === "touch");
    self.gesture = { ...held, free, row, x, segment: row.segments[held.place], from: snapped(self, x), moved: false, alone: event.shiftKey };
  }
  self.lane.setPointerCapture(event.pointerId);
}

function drag(self, event) {
  const { x, y } = spot(self, event);
  const { gesture } = self;
  if (!gesture) return hover(self, x, y);
  if (self.pointers.has(event.pointerId)) self.pointers.set(event.pointerId, x);
  if (gesture.kind === "pinch") return pinch(self);
  if (!gesture.moved && Math.abs(x - gesture.x) < 4) return;
  gesture.moved = true;
  if (gesture.kind === "pan") {
    const by = ((gesture.x - x) / self.wide) * (gesture.view.to - gesture.view.from);
    return look(self, gesture.view.from + by, gesture.view.to + by);
  }
  if (!self.table || gesture.free) return seek(self, timeAt(self, x));
  DRAGS[gesture.kind](self, gesture, snapped(self, x, gesture.segment));
  redraw(self);
}

const DRAGS = {
  blank(self, gesture, border) {
    const [start, stop] = [Math.min(gesture.from, border), Math.max(gesture.from, border)];
    self.ghost = { row: gesture.row, start, stop: Math.max(stop, start + 1), label: self.brush };
    seekFrame(self, border > gesture.from ? border - 1 : border);
  },
  body(self, gesture, border) {
    const [start, stop] = borders(self, gesture.segment);
    const [low, high] = room(self, gesture.row, gesture.place);
    const by = Math.min(Math.max(border - gesture.from, low - start), high - stop);
    self.ghost = { row: gesture.row, start: start + by, stop: stop + by, label: gesture.segment.label };
    seekFrame(self, start + by);
  },
  start(self, gesture, border) {
    const before = gesture.row.segments[gesture.place - 1];
    const touching = before && borders(self, before)[1] === borders(self, gesture.segment)[0];
    if (touching && !gesture.alone) {
      Object.assign(gesture, { kind: "stop", place: gesture.place - 1, segment: before });
      return DRAGS.stop(self, gesture, border);
    }
    const stop = borders(self, gesture.segment)[1];
    const start = Math.min(Math.max(border, room(self, gesture.row, gesture.place)[0]), stop - 1);
    self.ghost = { row: gesture.row, start, stop, label: gesture.segment.label };
    seekFrame(self, start);
  },
  stop(self, gesture, border) {
    const [start, end] = borders(self, gesture.segment);
    const next = gesture.row.segments[gesture.place + 1];
    gesture.shared = !gesture.alone && next && borders(self, next)[0] === end;
    const high = gesture.shared ? borders(self, next)[1] - 1 : room(self, gesture.row, gesture.place)[1];
    const stop = Math.min(Math.max(border, start + 1), Math.max(high, start + 1));
    self.ghost = { row: gesture.row, start, stop, label: gesture.segment.label };
    seekFrame(self, gesture.shared ? stop : stop - 1);
  },
};

function release(self, event) {
  self.pointers.delete(event.pointerId);
  const { gesture, ghost } = self;
  self.gesture = null;
  finish(self, event, gesture, ghost);
  if (self.heldBack) takeRows(self);
}

function finish(self, event, gesture, ghost) {
  if (!gesture || gesture.kind === "pan" || gesture.kind === "pinch") return;
  if (!gesture.moved) return event.type === "pointerup" && clicked(self, gesture);
  self.ghost = null;
  if (!ghost || event.type !== "pointerup") return redraw(self);
  const { row, place, segment } = gesture;
  if (gesture.kind === "blank") paint(self, row, ghost.start, ghost.stop, self.brush);
  else if (gesture.shared) {
    moveBorder(self, row, place, ghost.stop);
    pick(self, row, here(row, segment.start));
  } else change(self, row, place, ghost.start, ghost.stop);
  redraw(self);
}

function clicked(self, gesture) {
  const { row, x } = gesture;
  const one = here(row, timeAt(self, x)) || gesture.segment;
  self.chosenRow = row;
  self.box.focus({ preventScroll: true });
  if (one) return choose(self, row, one);
  if (row.edits) self.active = row;
  pick(self, row, null);
  seek(self, timeAt(self, x));
}

function hover(self, x, y) {
  const row = rowAt(self, y);
  const held = row.edits && edits(self) ? grip(self, row, x, false).kind : "blank";
  self.lane.style.cursor = { start: "ew-resize", stop: "ew-resize", body: "grab" }[held] || (row.edits && edits(self) ? "crosshair" : "pointer");
  const one = here(row, timeAt(self, x));
  self.lane.title = one ? told(self, row, one) : row.curves.map((curve) => scoreOf(curve, timeAt(self, x))).join("\n");
}

// A curve at a moment, in words.
function scoreOf({ name, times, values }, seconds) {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < seconds) low = middle + 1;
    else high = middle;
  }
  const nearest = low && seconds - times[low - 1] < times[low] - seconds ? low - 1 : low;
  return `${name}, ${Math.round(values[nearest] / 2.55)} % at ${clock(seconds, 2)}`;
}

function beginPinch(self) {
  const [one, other] = [...self.pointers.values()];
  self.ghost = null;
  self.gesture = { kind: "pinch", view: self.view, apart: Math.max(Math.abs(one - other), 20), x: (one + other) / 2 };
}

function pinch(self) {
  const [one, other] = [...self.pointers.values()];
  if (other === undefined) return;
  const { view, apart, x } = self.gesture;
  const span = ((view.to - view.from) * apart) / Math.max(Math.abs(one - other), 20);
  const centre = view.from + (x / self.wide) * (view.to - view.from);
  const from = centre - ((one + other) / 2 / self.wide) * span;
  look(self, from, from + span);
}

// Zoom with Ctrl and the wheel, or with two fingers; sideways moves. A bare wheel is the page's own.
function wheel(self, event) {
  const { x } = spot(self, event);
  const span = self.view.to - self.view.from;
  if (event.ctrlKey || event.metaKey || event.currentTarget !== self.lane) zoom(self, Math.exp(Math.min(Math.max(event.deltaY, -120), 120) / 260), timeAt(self, x));
  else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
    const by = ((event.deltaX || event.deltaY) / self.wide) * span;
    look(self, self.view.from + by, self.view.to + by);
  } else {
    if (!self.hinted) say(self, "Ctrl and the wheel zoom; the wheel on the ruler does too");
    self.hinted = true;
    return;
  }
  event.preventDefault();
}
