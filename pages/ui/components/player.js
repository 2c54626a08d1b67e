// The clip, and beneath it on the same axis a lane of its labels. Tells the page the moment at which it rests.
const instances = new WeakMap();
const REST_MS = 250;
const STEPS_S = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600];

function clock(seconds, places = 0) {
  const total = Number(seconds.toFixed(places));
  const whole = Math.floor(total / 60);
  const rest = (total - 60 * whole).toFixed(places).padStart(places ? 3 + places : 2, "0");
  return whole < 60 ? `${whole}:${rest}` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}:${rest}`;
}

function build(root) {
  const box = document.createElement("div");
  box.className = "player";
  box.innerHTML = `<div class="screen"><video controls playsinline preload="metadata"></video><p class="waiting" hidden></p></div>
    <div class="now" aria-live="off"><span class="clock"></span><span class="dot"></span><span class="label"></span>
    <span class="sure"></span></div>
    <div class="track"><div class="names" aria-hidden="true"></div><div class="lane" role="group" aria-label="Labels over time">
    <div class="segments"></div><div class="head" tabindex="0" role="slider" aria-label="Moment in the clip"></div></div>
    <div class="ticks" aria-hidden="true"></div></div>`;
  root.append(box);
  const find = (part) => box.querySelector(part);
  const parts = ["video", "waiting", "now", "clock", "dot", "label", "sure", "lane", "names", "segments", "head", "ticks"];
  const self = Object.fromEntries(parts.map((name) => [name, find(name === "video" ? name : `.${name}`)]));
  return Object.assign(self, { moment: 0, timer: 0, told: -1 });
}

function listen(self) {
  const { video, lane } = self;
  const follow = () => {
    moveTo(self, video.currentTime);
    if (!video.paused) requestAnimationFrame(follow);
  };
  video.onplay = follow;
  video.onpause = video.onseeked = () => {
    moveTo(self, video.currentTime);
    if (video.paused) tell(self);
  };
  video.onloadedmetadata = () => {
    const play = Boolean(self.data.play && !self.begun);
    self.begun = true;
    if (play || self.moment > 0) seek(self, self.moment, play);
  };
  video.onerror = () => wait(self, "The browser cannot play this clip. The labels below still stand.");
  lane.onpointerdown = (event) => {
    if (event.target.closest(".segment")) return;
    const frame = lane.getBoundingClientRect();
    seek(self, ((event.clientX - frame.left) / frame.width) * self.data.duration_s);
  };
  lane.onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (by) seek(self, self.moment + by);
    else if (event.key === " " && event.target === self.head) video.paused ? video.play() : video.pause();
    else return;
    event.preventDefault();
  };
}

function tell(self) {
  if (self.data.quiet) return;
  clearTimeout(self.timer);
  self.timer = setTimeout(() => {
    const rested = Number(self.moment.toFixed(3));
    if (rested === self.told) return;
    self.told = rested;
    self.setStateValue("moment", rested);
  }, REST_MS);
}

function seek(self, seconds, play = false) {
  const within = Math.min(Math.max(seconds, 0), self.data.duration_s - 0.001);
  moveTo(self, within);
  if (!self.data.source) return tell(self);
  self.video.currentTime = within;
  if (play) self.video.play().catch(() => {});
}

function moveTo(self, seconds) {
  self.moment = seconds;
  const { duration_s: end, segments, seen_s: seen, rest } = self.data;
  const here = segments.find((segment) => segment.start_s <= seconds && seconds < segment.stop_s);
  const outside = seconds < seen[0] || seconds >= seen[1];
  self.head.style.left = `${(100 * seconds) / end}%`;
  self.clock.textContent = `${clock(seconds, 2)} of ${clock(end, 2)}`;
  self.dot.style.background = here ? here.colour : "transparent";
  self.label.textContent = here ? here.label : outside ? "not looked at" : rest;
  self.sure.textContent = [here ? here.sure : "", ...truths(self, seconds)].filter(Boolean).join(" · ");
  self.head.setAttribute("aria-valuenow", seconds.toFixed(2));
  self.head.setAttribute("aria-valuetext", `${clock(seconds, 2)}, ${self.label.textContent}`);
}

// What the further lanes say of a moment.
function truths(self, seconds) {
  return (self.data.lanes || []).filter((lane) => lane.told).map(({ told, segments }) => {
    const here = segments.find((segment) => segment.start_s <= seconds && seconds < segment.stop_s);
    return `${told} ${here ? here.label : self.data.rest}`;
  });
}

function wait(self, words) {
  self.waiting.hidden = !words;
  self.waiting.textContent = words || "";
  self.video.hidden = Boolean(words);
}

function place(node, start_s, stop_s, end) {
  node.style.left = `${(100 * start_s) / end}%`;
  node.style.width = `${(100 * (stop_s - start_s)) / end}%`;
  return node;
}

function segmentButton(self, segment) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "segment" });
  button.textContent = segment.label;
  const sure = segment.sure ? `, ${segment.sure}` : "";
  button.title = `${segment.label}, ${clock(segment.start_s, 1)} to ${clock(segment.stop_s, 1)}${sure}`;
  button.setAttribute("aria-label", `Play ${button.title}`);
  Object.assign(button.style, { background: segment.colour, color: segment.ink });
  button.onclick = () => seek(self, segment.start_s, true);
  return place(button, segment.start_s, segment.stop_s, self.data.duration_s);
}

function drawLane(self) {
  const { segments, seen_s: seen, duration_s: end, lanes = [] } = self.data;
  const unseen = [[0, seen[0]], [seen[1], end]].filter(([from, to]) => to - from > 0.01 * end);
  const rows = lanes.length ? lanes : [{ name: "", segments }];
  self.lane.classList.toggle("many", rows.length > 1);
  self.segments.replaceChildren(
    ...rows.map((row) => {
      const box = Object.assign(document.createElement("div"), { className: "row" });
      const blanks = unseen.map(([from, to]) => place(Object.assign(document.createElement("div"), { className: "unseen" }), from, to, end));
      box.append(...blanks, ...row.segments.map((segment) => segmentButton(self, segment)));
      return box;
    }),
  );
  self.names.replaceChildren(...rows.filter(({ name }) => name).map(({ name }) => Object.assign(document.createElement("span"), { textContent: name })));
  self.head.setAttribute("aria-valuemin", "0");
  self.head.setAttribute("aria-valuemax", end.toFixed(2));
  fit(self);
}

function fit(self) {
  for (const button of self.segments.querySelectorAll("button")) button.classList.toggle("narrow", button.offsetWidth < 34);
  const end = self.data.duration_s;
  const room = Math.max(2, Math.floor((self.lane.offsetWidth || 600) / 76));
  const step = STEPS_S.find((one) => end / one <= room) || Math.ceil(end / room / 3600) * 3600;
  const marks = Array.from({ length: Math.floor(end / step) + 1 }, (_, at) => at * step);
  self.ticks.replaceChildren(
    ...marks.map((at) => {
      const mark = Object.assign(document.createElement("span"), { textContent: clock(at, step < 1 ? 1 : 0) });
      mark.classList.toggle("end", at > 0.97 * end);
      mark.style.left = `${(100 * at) / end}%`;
      return mark;
    }),
  );
}

function setSource(self) {
  const { source, poster, subtitles, waiting } = self.data;
  wait(self, source ? "" : waiting);
  const wanted = JSON.stringify([source, subtitles]);
  if (self.loaded === wanted) return;
  self.loaded = wanted;
  const { video } = self;
  video.replaceChildren();
  if (!source) return video.removeAttribute("src");
  video.poster = poster;
  if (video.getAttribute("src") !== source) video.src = source;
  if (self.blob) URL.revokeObjectURL(self.blob);
  self.blob = URL.createObjectURL(new Blob([subtitles], { type: "text/vtt" }));
  const track = { kind: "subtitles", label: "Labels", srclang: "en", src: self.blob, default: true };
  video.append(Object.assign(document.createElement("track"), track));
}

export default function ({ data, parentElement, setStateValue }) {
  let self = instances.get(parentElement);
  const first = !self;
  if (first) {
    self = build(parentElement);
    instances.set(parentElement, self);
    self.moment = data.start_s;
    self.sought = data.seek.id;
  }
  Object.assign(self, { data, setStateValue });
  if (first) listen(self);
  parentElement.querySelector(".player").classList.toggle("small", Boolean(data.quiet));
  setSource(self);
  drawLane(self);
  if (first) seek(self, data.start_s);
  else moveTo(self, self.moment);
  if (self.sought !== data.seek.id) {
    self.sought = data.seek.id;
    seek(self, data.seek.moment_s, true);
  }
  const watcher = new ResizeObserver(() => fit(self));
  watcher.observe(self.lane);
  return () => watcher.disconnect();
}
