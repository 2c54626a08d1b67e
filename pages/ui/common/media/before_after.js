// One picture, or two side by side, before and after, with the outline of a crop over the first. Where data.zoom is
// set the pictures can be magnified down to their pixels; both then show the same part, and the page is told which.
const instances = new WeakMap();
const REST_MS = 140; // after a move, until the page is asked for the pixels of the part in view
const GRID_FROM_PX = 8; // the least size on screen of a pixel around which lines are drawn
const LARGEST_PIXEL = 40;
const TALLEST = "46vh"; // so that the slider below stays in the window

function figure(parent, name) {
  const box = document.createElement("figure");
  box.innerHTML = `<div class="screen"><div class="picture"><div class="stage"><img class="whole"><svg hidden preserveAspectRatio="none">
    <path class="shade"/><path class="edge"/><path class="dash"/></svg></div><div class="grid" hidden></div></div><p class="none" hidden></p></div>
    <figcaption><span class="name"></span><span class="facts"></span></figcaption>`;
  parent.append(box);
  box.querySelector(".name").textContent = name;
  const find = (part) => box.querySelector(part);
  const names = ["picture", "stage", "grid", "none", "facts", "screen"];
  const part = Object.fromEntries(names.map((each) => [each, find(`.${each}`)]));
  const detail = Object.assign(document.createElement("img"), { className: "detail", alt: "" });
  return Object.assign(part, { box, detail, image: find(".whole"), svg: find("svg"), paths: box.querySelectorAll("path") });
}

function show(part, { source, alt, facts, none, outline, size, detail }) {
  part.size = size || part.size;
  part.picture.hidden = !source;
  if (size) {
    part.picture.style.aspectRatio = `${size[0]} / ${size[1]}`;
    part.picture.style.width = `min(100%, calc(${TALLEST} * ${size[0] / size[1]}))`;
  }
  if (source && part.image.getAttribute("src") !== source) part.image.src = source;
  part.image.alt = alt || "";
  part.facts.textContent = facts || "";
  part.none.hidden = !none;
  part.none.textContent = none || "";
  showDetail(part, detail);
  part.svg.toggleAttribute("hidden", !outline);
  if (!outline) return;
  const corners = `M${outline.map((corner) => corner.join(",")).join("L")}Z`;
  part.svg.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
  part.paths[0].setAttribute("d", `M0,0H${size[0]}V${size[1]}H0Z${corners}`);
  part.paths[1].setAttribute("d", corners);
  part.paths[2].setAttribute("d", corners);
}

// The pixels of the part in view, laid over the whole picture at their place.
function showDetail(part, detail) {
  part.told = detail;
  if (!detail) return part.detail.remove();
  const [width, height] = part.size;
  const { left, top, right, bottom, source, exact } = detail;
  const place = { left: left / width, top: top / height, width: (right - left) / width, height: (bottom - top) / height };
  for (const [side, share] of Object.entries(place)) part.detail.style[side] = `${100 * share}%`;
  part.detail.style.imageRendering = exact ? "pixelated" : "auto";
  if (part.detail.getAttribute("src") !== source) part.detail.src = source;
  if (!part.detail.isConnected) part.image.after(part.detail);
}

const least = (self, share) => Math.min(Math.max(share, 0.5 / self.view.scale), 1 - 0.5 / self.view.scale);

function look(self, scale, x, y) {
  const widest = Math.max(...self.shown.map((part) => (LARGEST_PIXEL * part.size[0]) / (part.picture.clientWidth || 400)));
  self.view.scale = Math.min(Math.max(scale, 1), Math.max(1, widest));
  self.view = { scale: self.view.scale, x: least(self, x), y: least(self, y) };
  place(self);
  clearTimeout(self.timer);
  self.timer = setTimeout(() => self.setStateValue("view", { ...self.view }), REST_MS);
}

function place(self) {
  const { scale, x, y } = self.view;
  for (const part of self.shown) {
    part.stage.style.transform = `translate(${100 * (0.5 - x * scale)}%, ${100 * (0.5 - y * scale)}%) scale(${scale})`;
    part.picture.classList.toggle("close", scale > 1);
    const { clientWidth: across, clientHeight: down } = part.picture;
    const pixel = [(across * scale) / part.size[0], (down * scale) / part.size[1]];
    part.grid.hidden = pixel[0] < GRID_FROM_PX;
    part.grid.style.backgroundSize = `${pixel[0]}px ${pixel[1]}px`;
    part.grid.style.backgroundPosition = `${(0.5 - x * scale) * across}px ${(0.5 - y * scale) * down}px`;
  }
  self.less.disabled = self.fit.disabled = scale <= 1;
  const part = self.shown[0];
  const shown = (100 * scale * (part.picture.clientWidth || 1)) / part.size[0];
  self.level.textContent = `${shown.toFixed(0)} % of its size`;
}

// The pixel under the pointer and, where its exact colour is at hand, that colour.
function tell(self, part, event) {
  const frame = part.picture.getBoundingClientRect();
  const { scale, x, y } = self.view;
  const share = [x + ((event.clientX - frame.left) / frame.width - 0.5) / scale, y + ((event.clientY - frame.top) / frame.height - 0.5) / scale];
  const [column, row] = share.map((each, axis) => Math.min(part.size[axis] - 1, Math.max(0, Math.floor(each * part.size[axis]))));
  const colour = colourAt(part, column, row);
  self.pixel.textContent = `x ${column}, y ${row}${colour ? `, RGB ${colour.join(" ")}` : ""}`;
}

function colourAt(part, column, row) {
  const { told, detail } = part;
  if (!told || !told.exact || !detail.complete) return null;
  if (column < told.left || column >= told.right || row < told.top || row >= told.bottom) return null;
  if (part.read !== told.source) {
    part.canvas = Object.assign(document.createElement("canvas"), { width: detail.naturalWidth, height: detail.naturalHeight });
    part.canvas.getContext("2d", { willReadFrequently: true }).drawImage(detail, 0, 0);
    part.read = told.source;
  }
  return [...part.canvas.getContext("2d").getImageData(column - told.left, row - told.top, 1, 1).data.slice(0, 3)];
}

function tools(self, parent) {
  const bar = document.createElement("div");
  bar.className = "tools";
  bar.innerHTML = `<button type="button" aria-label="Zoom out">−</button><button type="button" aria-label="Zoom in">+</button>
    <button type="button">Fit</button><span class="level"></span><span class="pixel" aria-live="off"></span>`;
  parent.append(bar);
  const [less, more, fit] = bar.querySelectorAll("button");
  Object.assign(self, { bar, less, fit, level: bar.querySelector(".level"), pixel: bar.querySelector(".pixel") });
  const by = (factor) => () => look(self, self.view.scale * factor, self.view.x, self.view.y);
  less.onclick = by(1 / 1.6);
  more.onclick = by(1.6);
  fit.onclick = () => look(self, 1, 0.5, 0.5);
}

// Dragging moves the part in view; a double click and, once close, the wheel magnify at the pointer.
function listen(self, part) {
  const at = (event) => {
    const frame = part.picture.getBoundingClientRect();
    return [(event.clientX - frame.left) / frame.width - 0.5, (event.clientY - frame.top) / frame.height - 0.5];
  };
  const magnify = (event, factor) => {
    const [across, down] = at(event);
    const { scale, x, y } = self.view;
    const kept = 1 / scale - 1 / (scale * factor); // the point under the pointer stays there
    look(self, scale * factor, x + across * kept, y + down * kept);
  };
  part.picture.ondblclick = (event) => self.data.zoom && magnify(event, 3);
  part.picture.onwheel = (event) => {
    if (!self.data.zoom || (self.view.scale <= 1 && !event.ctrlKey)) return;
    event.preventDefault();
    magnify(event, event.deltaY < 0 ? 1.25 : 0.8);
  };
  part.picture.onpointerdown = (event) => {
    if (!self.data.zoom || self.view.scale <= 1) return;
    part.picture.setPointerCapture(event.pointerId);
    self.held = [event.clientX, event.clientY];
  };
  part.picture.onpointerup = part.picture.onpointercancel = () => (self.held = null);
  part.picture.onpointerleave = () => self.data.zoom && (self.pixel.textContent = "");
  part.picture.onpointermove = (event) => {
    if (!self.data.zoom) return;
    tell(self, part, event);
    if (!self.held) return;
    const [across, down] = [event.clientX - self.held[0], event.clientY - self.held[1]];
    self.held = [event.clientX, event.clientY];
    const { scale, x, y } = self.view;
    look(self, scale, x - across / part.picture.clientWidth / scale, y - down / part.picture.clientHeight / scale);
  };
}

function build(root, data) {
  const box = document.createElement("div");
  box.className = "compare";
  root.append(box);
  const self = { box, view: { scale: 1, x: 0.5, y: 0.5, ...data.view }, before: figure(box, "Before"), after: figure(box, "After") };
  tools(self, root);
  listen(self, self.before);
  listen(self, self.after);
  return self;
}

export default function ({ data, parentElement, setStateValue }) {
  let self = instances.get(parentElement);
  if (!self) {
    self = build(parentElement, data);
    instances.set(parentElement, self);
  }
  Object.assign(self, { data, setStateValue });
  show(self.before, data.before);
  if (data.after) show(self.after, data.after);
  self.after.box.hidden = !data.after;
  self.box.classList.toggle("single", !data.after);
  self.before.box.querySelector(".name").textContent = data.after ? "Before" : "";
  self.shown = [self.before, self.after].filter((part) => part.size && !part.picture.hidden && !part.box.hidden);
  self.bar.hidden = !data.zoom || !self.shown.length;
  if (!data.zoom || !self.shown.length) return;
  place(self);
  const watcher = new ResizeObserver(() => place(self));
  watcher.observe(self.box);
  return () => watcher.disconnect();
}
