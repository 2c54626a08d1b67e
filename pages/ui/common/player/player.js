// The clip, and beneath it lanes of labels on one axis. Tells the page the moment at which it rests, and each edit.
// Its parts come before it in the same module: table, rows, draw, screen, outbox, edit, keys.
const instances = new WeakMap();
let latest = null; // the player that hears keys while nothing on the page has the focus

const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  back: "M15.5 5v14l-9-7z",
  on: "M8.5 5v14l9-7z",
  before: "M6 5h2.2v14H6zM19 5v14l-9.5-7z",
  after: "M15.8 5H18v14h-2.2zM5 5v14l9.5-7z",
  repeat: "M7 7h9V4l5 4-5 4V9H9v4H7zM17 17H8v3l-5-4 5-4v3h7v-4h2z",
  sound: "M4 9h4l5-4v14l-5-4H4zM16 8.5a5 5 0 0 1 0 7M18 6a8.5 8.5 0 0 1 0 12",
  words: "M3 5h18v14H3zM6 12h5v1.8H6zM13 12h5v1.8h-5zM6 15.2h8V17H6z",
  larger: "M10 4a6 6 0 1 0 3.8 10.6l5 5 1.3-1.3-5-5A6 6 0 0 0 10 4zm-.9 3h1.8v2.1H13v1.8h-2.1V13H9.1v-2.1H7V9.1h2.1z",
  smaller: "M10 4a6 6 0 1 0 3.8 10.6l5 5 1.3-1.3-5-5A6 6 0 0 0 10 4zM7 9.1h6v1.8H7z",
  whole: "M3 5h2v14H3zM19 5h2v14h-2zM6 11h4V8l4 4 0 0 4-4v3h0v2h0v3l-4-4-4 4v-3H6z",
  screen: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
  help: "M11 17h2v2.2h-2zM12 4.6a4.5 4.5 0 0 0-4.5 4.4h2a2.5 2.5 0 1 1 3.7 2.2c-1.5.9-2.2 1.8-2.2 3.6v.4h2v-.3c0-1 .4-1.5 1.5-2.2A4.5 4.5 0 0 0 12 4.6z",
  undo: "M9 5v4h5a5 5 0 0 1 0 10H8v-2h6a3 3 0 0 0 0-6H9v4l-6-5z",
  redo: "M15 5v4h-5a5 5 0 0 0 0 10h6v-2h-6a3 3 0 0 1 0-6h5v4l6-5z",
  split: "M11 3h2v18h-2zM3 9h6v6H3zM15 9h6v6h-6z",
  merge: "M3 9h7v2l3-2.6V9h8v6h-8v-.4L10 17v-2H3z",
  remove: "M9 4h6l1 2h4v2H4V6h4zM6 9h12l-1 11H7z",
};

function icon(name) {
  return `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
}

const button = (name, shape, words, key) =>
  `<button type="button" class="do ${name}" title="${words} (${key})" aria-label="${words}">${icon(shape)}</button>`;

const SHELL = `<div class="player" tabindex="-1" role="group" aria-label="Clip and labels">
  <div class="screen"><video playsinline preload="auto" aria-label="The clip"></video><p class="waiting" hidden></p></div>
  <div class="bar" role="toolbar" aria-label="Playing">
    <span class="set">${button("toBefore", "before", "To the border before", ",")}${button("toBack", "back", "One frame back", "←")}
    ${button("toPlay", "play", "Play or pause", "Space")}${button("toOn", "on", "One frame on", "→")}
    ${button("toAfter", "after", "To the border after", ".")}</span>
    <span class="set right">
    <label class="small" title="How many frames Shift and an arrow go">by <input class="by" type="number" min="1" max="9999" value="10" aria-label="Frames that Shift and an arrow go"></label>
    <select class="speed" aria-label="Speed" title="Speed (&lt; and &gt;)">${SPEEDS.map((rate) => `<option value="${rate}"${rate === 1 ? " selected" : ""}>${rate}×</option>`).join("")}</select>
    ${button("loopButton", "repeat", "Repeat the segment", "l")}${button("captionsButton", "words", "Labels on the picture", "k")}
    ${button("muteButton", "sound", "Sound off", "m")}${button("toSmaller", "smaller", "Show more of the clip", "-")}
    ${button("toWhole", "whole", "Show the whole clip", "f")}${button("toLarger", "larger", "Show less of the clip, larger", "+")}
    ${button("toScreen", "screen", "Fill the screen", "double click")}${button("toHelp", "help", "Keys", "?")}</span>
  </div>
  <div class="now" aria-live="off"><span class="dot"></span><span class="label"></span><span class="sure"></span>
    <span class="said" role="status" aria-live="polite"></span>
    <span class="where"><label class="at">frame <input class="field" inputmode="numeric" aria-label="Frame on screen; type another"><span class="count"></span></label>
    <span class="clock"></span></span></div>
  <p class="note varies" hidden></p><p class="note odd" role="alert" hidden></p>
  <p class="note unsent" role="alert" hidden></p>
  <div class="track"><div class="names"></div>
    <div class="stage"><canvas class="ruler" aria-hidden="true"></canvas>
      <div class="lane" role="group" aria-label="Labels over time"><canvas class="lanes" aria-hidden="true"></canvas>
        <div class="segments"></div></div>
      <div class="head" tabindex="0" role="slider" aria-label="Moment in the clip"></div>
      <div class="overview" hidden aria-hidden="true"><canvas class="smallLanes"></canvas><div class="window"></div><div class="mini"></div></div>
    </div></div>
  <div class="tools" role="toolbar" aria-label="Labelling" hidden><span class="chips" role="group" aria-label="Labels"></span>
    <span class="set">${button("toSplit", "split", "Split at the playhead", "Shift S")}${button("toMerge", "merge", "Merge with the next", "Shift M")}
    ${button("toRemove", "remove", "Delete the segment", "Delete")}${button("toUndo", "undo", "Undo", "Ctrl Z")}${button("toRedo", "redo", "Do again", "Ctrl Y")}</span></div>
  <div class="keys" role="dialog" aria-label="Keys" hidden></div></div>`;

const PARTS = {
  waiting: "waiting", field: "field", count: "count", clock: "clock", by: "by", speed: "speed", dot: "dot", label: "label", sure: "sure", said: "said",
  varies: "varies", odd: "odd", unsent: "unsent", names: "names", stage: "stage", ruler: "ruler", lane: "lane", lanes: "lanes", buttons: "segments", head: "head",
  overview: "overview", small: "smallLanes", window: "window", mini: "mini", tools: "tools", chips: "chips", helpBox: "keys", screen: "screen",
  loopButton: "loopButton", captionsButton: "captionsButton", muteButton: "muteButton", playButton: "toPlay",
};

function build(root) {
  const holder = document.createElement("div");
  holder.innerHTML = SHELL;
  const box = holder.firstElementChild;
  root.append(box);
  const self = Object.fromEntries(Object.entries(PARTS).map(([name, part]) => [name, box.querySelector(`.${part}`)]));
  return Object.assign(self, {
    box, video: box.querySelector("video"), moment: 0, frame: 0, tries: 0, asked: null, onScreen: null, serial: 1, version: 0, drawn: 0,
    nonce: Math.random().toString(36).slice(2, 10), outbox: [], pointers: new Map(), rows: [], kept: new Map(), looks: [], brush: NOTHING, view: { from: 0, to: 1 },
    captions: "showing",
  });
}

function listen(self) {
  const { video, lane, ruler, overview, box } = self;
  const on = (part, act) => (box.querySelector(`.${part}`).onclick = () => act(self));
  on("toBefore", () => stepSegment(self, -1));
  on("toBack", () => step(self, -1));
  on("toPlay", toggle);
  on("toOn", () => step(self, 1));
  on("toAfter", () => stepSegment(self, 1));
  on("loopButton", toggleLoop);
  on("captionsButton", () => captions(self));
  on("muteButton", mute);
  on("toSmaller", () => zoom(self, 2));
  on("toLarger", () => zoom(self, 0.5));
  on("toWhole", () => look(self, 0, self.data.duration_s));
  on("toScreen", fillScreen);
  on("toHelp", help);
  on("toSplit", split);
  on("toMerge", merge);
  on("toRemove", remove);
  on("toUndo", () => history(self, "undo"));
  on("toRedo", () => history(self, "redo"));
  self.speed.onchange = () => setSpeed(self, Number(self.speed.value));
  listenField(self);
  listenVideo(self, video);
  lane.onpointerdown = (event) => press(self, event);
  lane.onpointermove = (event) => drag(self, event);
  lane.onpointerup = lane.onpointercancel = (event) => release(self, event);
  for (const part of [lane, ruler, overview]) part.addEventListener("wheel", (event) => wheel(self, event), { passive: false });
  scrubs(ruler, (x) => seek(self, timeAt(self, Math.min(Math.max(x, 0), self.wide))));
  scrubs(overview, (x) => {
    const span = self.view.to - self.view.from;
    const centre = (x / self.wide) * self.data.duration_s;
    look(self, centre - span / 2, centre + span / 2);
  });
}

function listenField(self) {
  const go = () => {
    const wanted = Number.parseInt(self.field.value.replace(/[^\d]/g, ""), 10);
    if (Number.isFinite(wanted) && self.table) seekFrame(self, wanted);
    follow(self);
  };
  self.field.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Enter") go();
    if (event.key === "Escape") self.field.value = self.frame;
    if (["Enter", "Escape"].includes(event.key)) self.box.focus({ preventScroll: true });
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      step(self, event.key === "ArrowUp" ? 1 : -1);
      self.field.value = self.asked ?? self.frame;
      event.preventDefault();
    }
  };
  self.field.onblur = () => (self.field.value = self.table ? self.frame : "");
  self.field.onfocus = () => self.field.select();
}

function listenVideo(self, video) {
  const shape = () => {
    self.playButton.innerHTML = icon(video.paused ? "play" : "pause");
  };
  video.onplay = () => {
    shape();
    watchPicture(self);
    followClock(self);
  };
  video.onpause = () => {
    shape();
    endPainting(self);
    tell(self);
  };
  video.onseeked = () => sought(self);
  video.onloadedmetadata = () => {
    const play = Boolean(self.data.play && !self.begun);
    self.begun = true;
    self.seeking = false;
    setSpeed(self, Number(self.speed.value));
    if (self.table) seekFrame(self, self.asked ?? self.frame, { play });
    else if (self.pending) self.pending.play ||= play;
  };
  video.onerror = () => {
    if (!video.getAttribute("src")) return;
    self.broken = true;
    wait(self, "The browser cannot play this clip. The labels below still stand.");
    if (self.asked !== null) settle(self, self.asked);
  };
  video.onclick = () => toggle(self);
  video.ondblclick = () => fillScreen(self);
}

// Call `act` with the place of the pointer while it is down on `part`.
function scrubs(part, act) {
  const at = (event) => act(event.clientX - part.getBoundingClientRect().left);
  part.onpointerdown = (event) => {
    if (event.button) return;
    part.setPointerCapture(event.pointerId);
    at(event);
  };
  part.onpointermove = (event) => part.hasPointerCapture(event.pointerId) && at(event);
}

function fillScreen(self) {
  if (document.fullscreenElement) document.exitFullscreen();
  else self.box.requestFullscreen?.().catch(() => {});
}

function wait(self, words) {
  self.waiting.hidden = !words;
  self.waiting.textContent = words || "";
  self.video.hidden = Boolean(words);
}

function setSource(self) {
  const { source, poster, subtitles, waiting } = self.data;
  if (!source) wait(self, waiting);
  const wanted = JSON.stringify([source, subtitles]);
  if (self.loaded === wanted) return;
  self.loaded = wanted;
  const { video } = self;
  video.replaceChildren();
  if (!source) return video.removeAttribute("src");
  video.poster = poster;
  if (video.getAttribute("src") !== source) {
    self.broken = false;
    wait(self, "");
    video.src = source;
  }
  if (self.blob) URL.revokeObjectURL(self.blob);
  self.blob = null;
  self.captionsButton.hidden = !subtitles;
  if (!subtitles) return;
  self.blob = URL.createObjectURL(new Blob([subtitles], { type: "text/vtt" }));
  const track = { kind: "subtitles", label: "Labels", srclang: "en", src: self.blob, default: true };
  video.append(Object.assign(document.createElement("track"), track));
  captions(self, self.captions === "showing");
}

// Lanes from the server, with what it does not have yet applied again. They wait for the end of a drag.
function setRows(self) {
  const { data } = self;
  confirmed(self);
  const text = JSON.stringify([data.rows, data.palette]);
  if (text === self.rowsText && !self.ahead) return;
  if (self.gesture?.moved && !self.gesture.free && self.rows.length) return void (self.heldBack = true);
  self.rowsText = text;
  self.heldBack = false;
  self.ahead = self.outbox.length > 0;
  const names = { active: self.active?.name ?? data.active, chosenRow: self.chosenRow?.name, ghost: self.ghost?.row.name, picked: self.picked?.row.name };
  self.looks = [];
  self.rows = data.rows.map((row) => rowOf(row, self.kept));
  const named_ = (name) => self.rows.find((row) => row.name === name);
  self.active = data.labels.length ? named_(names.active) || self.rows.find((row) => row.edits) || null : null;
  self.chosenRow = named_(names.chosenRow) || null;
  if (self.ghost) self.ghost.row = named_(names.ghost) || self.active;
  if (self.picked) self.picked = named_(names.picked) ? { ...self.picked, row: named_(names.picked) } : null;
  if (self.table) for (const edit of self.outbox) applied(self, edit);
  self.version += 1;
}

function takeRows(self) {
  setRows(self);
  fit(self);
}

function drawNames(self) {
  const named_ = self.rows.some((row) => row.name);
  self.names.hidden = !named_;
  const longest = Math.max(...self.rows.map((row) => row.name.length), 0);
  self.names.style.width = `${Math.min(Math.max(0.5 * longest + 1, 3), 9)}rem`;
  const several = self.rows.filter((row) => row.edits).length > 1;
  self.names.replaceChildren(
    ...self.rows.map((row) => {
      const node = document.createElement(row.edits && several ? "button" : "span");
      node.textContent = row.name;
      node.title = row.name;
      node.dataset.row = row.name;
      if (node.tagName === "BUTTON")
        node.onclick = () => {
          self.active = self.chosenRow = row;
          drawActive(self);
        };
      node.style.cssText = self.box.classList.contains("narrow") ? `top:${row.top - 18}px` : `top:${row.top}px;height:${row.height}px`;
      return node;
    }),
  );
  drawActive(self);
}

function drawActive(self) {
  const editable = self.rows.some((row) => row.edits) && self.data.labels.length;
  for (const node of self.names.children) node.classList.toggle("active", Boolean(editable) && node.dataset.row === self.active?.name);
}

function drawTools(self) {
  const { data } = self;
  self.tools.hidden = !(data.labels.length && data.rows.some((row) => row.edits));
  self.box.classList.toggle("edits", !self.tools.hidden);
  const key = JSON.stringify([data.labels, data.palette]);
  if (self.tools.hidden || self.chipsKey === key) return;
  self.chipsKey = key;
  const all = [...data.labels.map((label, at) => [label, LABEL_KEYS[at] ?? ""]), [NOTHING, "0"], [UNLABELLED, "⇧U"]];
  self.chips.replaceChildren(
    ...all.map(([label, letter]) => {
      const chip = Object.assign(document.createElement("button"), { type: "button", className: "chip" });
      chip.dataset.label = label;
      const swatch = Object.assign(document.createElement("i"), { className: label === UNLABELLED ? "hatched" : "" });
      if (label >= 0) swatch.style.background = data.palette[label].colour;
      chip.append(swatch, named(self, label), Object.assign(document.createElement("kbd"), { textContent: letter }));
      chip.onclick = () => {
        setBrush(self, label);
        if (self.picked?.row.edits && pickedSegment(self)) relabel(self, label);
      };
      return chip;
    }),
  );
  setBrush(self, data.labels.includes(self.brush) || (self.brush < 0 && self.brushed) ? self.brush : data.labels[0]);
  self.brushed = true;
}

function drawWords(self) {
  const { data } = self;
  self.count.textContent = `of ${number(data.frame_count)}`;
  self.field.style.width = `${String(data.frame_count).length + 2}ch`;
  self.varies.hidden = !data.varies;
  self.varies.textContent = data.varies;
  self.head.setAttribute("aria-valuemin", "0");
  self.head.setAttribute("aria-valuemax", String(data.frame_count - 1));
  self.box.classList.toggle("small", Boolean(data.quiet));
}

function fit(self) {
  layOut(self);
  drawNames(self);
  redraw(self);
}

// The table of frames; until it is here the player waits with seeking, and nothing can be edited.
function askTable(self) {
  const { frames } = self.data;
  if (self.tableFrom === frames) return;
  self.tableFrom = frames;
  self.table = null;
  tableOf(frames)
    .then((table) => {
      if (self.tableFrom !== frames) return;
      self.table = table;
      const { seconds, play } = self.pending || { seconds: self.moment, play: false };
      self.pending = null;
      for (const edit of self.outbox) applied(self, edit);
      drawTools(self);
      seek(self, seconds, play || Boolean(self.data.play && !self.begun && self.video.readyState));
      redraw(self);
    })
    .catch(() => {
      self.odd.hidden = false;
      self.odd.textContent = "The times of the frames cannot be read. Load the page again.";
    });
}

export default function ({ data, parentElement, setStateValue }) {
  let self = instances.get(parentElement);
  const first = !self;
  if (first) {
    self = build(parentElement);
    instances.set(parentElement, self);
    const [from, to] = data.view.length && data.view[0] < data.duration_s ? data.view : [0, data.duration_s];
    Object.assign(self, { moment: data.start_s, sought: data.seek.id, view: { from, to: Math.min(to, data.duration_s) } });
    self.toldView = data.view.length ? data.view : [0, 0];
    self.toldMoment = Number(data.start_s.toFixed(6)); // the page knows where it began
  }
  Object.assign(self, { data, setStateValue });
  if (first) listen(self);
  latest = self;
  adopt(self);
  setSource(self);
  askTable(self);
  setRows(self);
  drawTools(self);
  drawWords(self);
  fit(self);
  if (first) seek(self, data.start_s);
  else if (self.table) show(self, self.frame, self.moment);
  if (self.sought !== data.seek.id) {
    self.sought = data.seek.id;
    seek(self, data.seek.moment_s, data.seek.play);
    follow(self);
  }
  return watch(self);
}

// Hear keys and changes of size for as long as this drawing of the component stands.
function watch(self) {
  const down = (event) => keyDown(self, event);
  const up = (event) => labelUp(self, event.code);
  const blur = () => endPainting(self);
  const watcher = new ResizeObserver(() => self.lane.clientWidth !== self.wide && fit(self));
  watcher.observe(self.lane);
  self.box.addEventListener("keydown", down);
  document.addEventListener("keydown", down);
  window.addEventListener("keyup", up);
  window.addEventListener("blur", blur);
  return () => {
    watcher.disconnect();
    self.box.removeEventListener("keydown", down);
    document.removeEventListener("keydown", down);
    window.removeEventListener("keyup", up);
    window.removeEventListener("blur", blur);
  };
}
