// All keys, which are also what is listed under "?".
const LABEL_KEYS = [..."123456789qwertyuiopasdghjzxcvbn"];

// Keys, what they do in words, and the doing. "edit" are those for lanes that can be edited; "far" are also heard
// while nothing on the page has the focus.
const KEYS = [
  { keys: ["Space"], words: "play or pause", run: toggle, far: true },
  { keys: ["ArrowLeft"], words: "one frame back", run: (self) => step(self, -1), far: true },
  { keys: ["ArrowRight"], words: "one frame on", run: (self) => step(self, 1), far: true },
  { keys: ["Shift+ArrowLeft"], words: "several frames back (as many as “by” says)", run: (self) => step(self, -stride(self)), far: true },
  { keys: ["Shift+ArrowRight"], words: "several frames on", run: (self) => step(self, stride(self)), far: true },
  { keys: [","], words: "to where a segment begins or ends, before", run: (self) => stepSegment(self, -1), far: true },
  { keys: ["."], words: "to where a segment begins or ends, after", run: (self) => stepSegment(self, 1), far: true },
  { keys: ["PageUp"], words: "ten seconds on", run: (self) => seek(self, self.moment + 10) },
  { keys: ["PageDown"], words: "ten seconds back", run: (self) => seek(self, self.moment - 10) },
  { keys: ["Home"], words: "to the first frame", run: (self) => seek(self, 0) },
  { keys: ["End"], words: "to the last frame", run: (self) => seek(self, self.data.duration_s) },
  { keys: ["Shift+G"], words: "type the number of a frame", run: (self) => self.field.select(), far: true },
  { keys: ["<"], words: "slower", run: (self) => faster(self, -1), far: true },
  { keys: [">"], words: "faster", run: (self) => faster(self, 1), far: true },
  { keys: ["l"], words: "repeat this segment, or go on", run: toggleLoop, far: true },
  { keys: ["m"], words: "sound on or off", run: (self) => mute(self), far: true },
  { keys: ["k"], words: "labels on the picture, on or off", run: (self) => captions(self), far: true },
  { keys: ["+", "="], words: "show less of the clip, larger", run: (self) => zoom(self, 0.5), far: true },
  { keys: ["-"], words: "show more of the clip", run: (self) => zoom(self, 2), far: true },
  { keys: ["f"], words: "show the whole clip", run: (self) => look(self, 0, self.data.duration_s), far: true },
  { keys: ["ArrowUp"], words: "the lane above", run: (self) => otherRow(self, -1) },
  { keys: ["ArrowDown"], words: "the lane below", run: (self) => otherRow(self, 1) },
  { keys: ["Enter"], words: "play the chosen segment; take over one of another lane into your own", run: (self) => takeOver(self) || playPicked(self) },
  { keys: ["Escape"], words: "let go of what is chosen", run: (self) => letGo(self), far: true },
  { keys: ["?"], words: "these keys", run: (self) => help(self), far: true },
  { keys: ["Delete", "Backspace"], words: "delete the segment", run: remove, edit: true, far: true },
  { keys: ["Shift+S"], words: "split the segment at the playhead", run: split, edit: true, far: true },
  { keys: ["Shift+M"], words: "merge it with the next one", run: merge, edit: true, far: true },
  { keys: ["Shift+I"], words: "let it begin at this frame", run: startHere, edit: true, far: true },
  { keys: ["Shift+O"], words: "let it end with this frame", run: stopHere, edit: true, far: true },
  { keys: ["Alt+ArrowLeft"], words: "begin one frame earlier", run: (self) => nudge(self, -1, 0), edit: true, far: true },
  { keys: ["Alt+ArrowRight"], words: "begin one frame later", run: (self) => nudge(self, 1, 0), edit: true, far: true },
  { keys: ["Alt+Shift+ArrowLeft"], words: "end one frame earlier", run: (self) => nudge(self, 0, -1), edit: true, far: true },
  { keys: ["Alt+Shift+ArrowRight"], words: "end one frame later", run: (self) => nudge(self, 0, 1), edit: true, far: true },
  { keys: ["Ctrl+Z"], words: "undo", run: (self) => history(self, "undo"), edit: true, far: true },
  { keys: ["Ctrl+Shift+Z", "Ctrl+Y"], words: "do again", run: (self) => history(self, "redo"), edit: true, far: true },
];
const BY_KEY = new Map(KEYS.flatMap((one) => one.keys.map((key) => [key, one])));

const stride = (self) => Math.max(1, Math.round(Number(self.by.value)) || 1);

function combination(event) {
  const letter = event.key.length === 1 ? event.key.toLowerCase() !== event.key.toUpperCase() : null;
  const ctrl = event.ctrlKey || event.metaKey;
  const shift = event.shiftKey && letter !== false;
  const key = event.key === " " ? "Space" : letter ? (shift || ctrl ? event.key.toUpperCase() : event.key.toLowerCase()) : event.key;
  return [ctrl && "Ctrl", event.altKey && "Alt", shift && "Shift", key].filter(Boolean).join("+");
}

// The label that a key paints: its number, nothing, unlabelled; undefined for other keys.
function labelOfKey(self, key) {
  if (key === "0") return NOTHING;
  if (key === "Shift+U") return UNLABELLED;
  return self.data.labels[LABEL_KEYS.indexOf(key)];
}

// Keys count where the player has the focus, and while nothing else on the page has it.
function keyDown(self, event) {
  if (event.defaultPrevented) return;
  const inside = event.composedPath().includes(self.box);
  if (!inside && document.activeElement && document.activeElement !== document.body) return;
  if (!inside && (latest !== self || !self.box.isConnected)) return;
  const target = event.composedPath()[0];
  if (inside && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
  if (inside && target.tagName === "BUTTON" && ["Enter", " "].includes(event.key)) return;
  const key = combination(event);
  const label = edits(self) ? labelOfKey(self, key) : undefined;
  const one = BY_KEY.get(key);
  if (label !== undefined) event.repeat || labelDown(self, label, event.code);
  else if (one && (!one.edit || edits(self)) && (inside || one.far)) {
    if (one.run(self) === false) return;
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

function otherRow(self, by) {
  const rows = self.rows.filter((row) => row.segments.length || row.edits);
  const at = rows.indexOf(self.chosenRow || mainRow(self));
  const row = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  if (!row) return;
  self.chosenRow = row;
  if (row.edits) self.active = row;
  const one = self.table && here(row, self.table.inside(self.frame));
  pick(self, row, one || null);
  if (!one) say(self, row.name || "Labels");
}

function playPicked(self) {
  const one = pickedSegment(self);
  if (one) seek(self, one.start, true);
}

// False where there is nothing to let go of: then the key is the page's, which may close a dialog with it.
function letGo(self) {
  if (self.helpBox.hidden && !self.painting && !self.ghost && !self.loop && !self.picked) return false;
  self.helpBox.hidden = true;
  self.painting = self.ghost = self.gesture = null;
  if (self.loop) toggleLoop(self);
  pick(self, null, null);
  return true;
}

function mute(self) {
  self.video.muted = !self.video.muted;
  self.muteButton.setAttribute("aria-pressed", String(self.video.muted));
  self.muteButton.classList.toggle("on", self.video.muted);
}

function captions(self, on = self.captions !== "showing") {
  self.captions = on ? "showing" : "hidden";
  for (const track of self.video.textTracks) track.mode = self.captions;
  self.captionsButton.setAttribute("aria-pressed", String(on));
  self.captionsButton.classList.toggle("on", on);
}

const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Backspace: "⌫", PageUp: "Page up", PageDown: "Page down" };
const shownKey = (key) => (key === "+" ? key : key.split("+").map((part) => SHOWN[part] || part).join(" "));

function help(self) {
  const { helpBox } = self;
  helpBox.hidden = !helpBox.hidden;
  if (helpBox.hidden) return self.box.focus({ preventScroll: true });
  const editing = edits(self);
  const rows = KEYS.filter((one) => !one.edit || editing).map((one) => [one.keys, one.words]);
  if (editing) {
    const own = self.data.labels.map((label, at) => [[LABEL_KEYS[at] ?? ""], `paint ${labelOf(self, label)}`]).filter(([[key]]) => key);
    rows.push(...own, [["0"], `paint “${IDLE}”`], [["Shift+U"], "make unlabelled"]);
  }
  const list = document.createElement("dl");
  for (const [keys, words] of rows) {
    const term = document.createElement("dt");
    keys.forEach((key, at) => term.append(at ? " or " : "", Object.assign(document.createElement("kbd"), { textContent: shownKey(key) })));
    const line = document.createElement("div");
    line.append(term, Object.assign(document.createElement("dd"), { textContent: words }));
    list.append(line);
  }
  const hold = "Hold the key of a label while the clip plays, or while you step: what passes is painted. A short tap paints until the next tap. " +
    "With a segment chosen, the key gives it that label. Drag on your lane to draw; drag an end to move it, with Shift only this side of a common border.";
  const close = Object.assign(document.createElement("button"), { type: "button", className: "close", textContent: "Close" });
  close.onclick = () => help(self);
  const mouse = "Ctrl and the wheel, or two fingers, zoom; Shift and the wheel, or Alt and dragging, move.";
  helpBox.replaceChildren(
    Object.assign(document.createElement("h4"), { textContent: "Keys" }),
    list,
    Object.assign(document.createElement("p"), { textContent: editing ? `${hold} ${mouse}` : mouse }),
    close,
  );
  close.focus({ preventScroll: true });
}
