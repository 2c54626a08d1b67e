// A slider that tells its value while it moves, with a box for exact numbers. One thumb, or two for a range.
const PAUSE_MS = 45; // at most one value in this time; the server folds together what it cannot keep up with
const SETTLED_MS = 700; // for this long after a touch, the thumb is the user's and no echo moves it
const instances = new WeakMap();

const digits = (step) => (String(step).split(".")[1] || "").length;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function element(tag, attributes, parent) {
  const made = Object.assign(document.createElement(tag), attributes);
  parent.append(made);
  return made;
}

function build(root) {
  const box = element("div", { className: "slider" }, root);
  const head = element("div", { className: "head" }, box);
  const label = element("span", { className: "label" }, head);
  const help = element("span", { className: "help", tabIndex: 0, textContent: "?" }, head);
  const tip = element("span", { className: "tip", role: "tooltip" }, help);
  const numbers = element("span", { className: "numbers" }, head);
  const track = element("div", { className: "track" }, box);
  element("div", { className: "rail" }, track);
  const fill = element("div", { className: "fill" }, track);
  return { label, help, tip, numbers, track, fill, ranges: [], boxes: [], touched: 0, timer: 0, sent: 0 };
}

function addThumb(self, at) {
  const range = element("input", { type: "range" }, self.track);
  if (at) element("span", { textContent: "–" }, self.numbers);
  const box = element("input", { type: "number" }, self.numbers);
  self.ranges.push(range);
  self.boxes.push(box);
  range.oninput = () => move(self, at, Number(range.value), false);
  range.onchange = () => move(self, at, Number(range.value), true);
  // A browser forgets to tell of a change where the page touched the box meanwhile, so both ends of typing are heard.
  const typed = () => Number(box.value) === self.values[at] || move(self, at, Number(box.value), true);
  box.onchange = box.onblur = typed;
  box.addEventListener("keydown", (event) => event.key === "Enter" && typed());
  // Arrows that move the thumb are no shortcuts of the page as well.
  const keep = (event) => { // in braces: a handler that answers false takes Tab, digits and all other keys away
    if (event.key.startsWith("Arrow")) event.stopPropagation();
  };
  range.onkeydown = box.onkeydown = keep;
}

function move(self, at, wanted, settled) {
  const { low, high, step } = self.data;
  const limits = [at && self.two ? self.values[0] : low, !at && self.two ? self.values[1] : high];
  const stepped = low + Math.round((wanted - low) / step) * step;
  self.values[at] = Number(clamp(Number.isFinite(wanted) ? stepped : low, ...limits).toFixed(digits(step)));
  self.touched = performance.now();
  draw(self);
  send(self, settled);
}

function send(self, settled) {
  clearTimeout(self.timer);
  const wait = settled ? 0 : Math.max(0, PAUSE_MS - (performance.now() - self.sent));
  self.timer = setTimeout(() => {
    self.sent = performance.now();
    const value = self.two ? [...self.values] : self.values[0];
    self.setStateValue("value", { value, settled, at: Math.round(self.sent) });
  }, wait);
}

// Where the draw answers the server, a box that is being typed into keeps its text.
function draw(self, { echo = false } = {}) {
  const { low, high, step } = self.data;
  const share = (value) => (100 * (value - low)) / (high - low || 1);
  self.values.forEach((value, at) => {
    self.ranges[at].value = value;
    if (!echo || !self.boxes[at].matches(":focus")) self.boxes[at].value = value.toFixed(digits(step));
  });
  self.ranges[0].style.zIndex = self.two && share(self.values[0]) > 50 ? 1 : 0; // else both stick at the end
  const from = self.two ? share(self.values[0]) : share(clamp(0, low, high));
  const to = share(self.values.at(-1));
  self.fill.style.left = `${Math.min(from, to)}%`;
  self.fill.style.width = `${Math.abs(to - from)}%`;
}

function describe(self) {
  const { label, help, unit, low, high, step } = self.data;
  self.label.textContent = label;
  self.help.hidden = !help;
  self.tip.textContent = help || "";
  self.help.setAttribute("aria-label", help || "");
  const ends = self.two ? [", from", ", to"] : [""];
  [self.ranges, self.boxes].forEach((inputs, kind) =>
    inputs.forEach((input, at) => {
      Object.assign(input, { min: low, max: high, step });
      input.setAttribute("aria-label", label + ends[at] + (kind ? ", exactly" : ""));
    }),
  );
  if (!self.unit) self.unit = element("span", { className: "unit" }, self.numbers);
  self.unit.textContent = unit || "";
  self.unit.hidden = !unit;
}

export default function ({ data, parentElement, setStateValue }) {
  let self = instances.get(parentElement);
  if (!self) {
    self = build(parentElement);
    self.two = Array.isArray(data.value);
    for (let at = 0; at < (self.two ? 2 : 1); at += 1) addThumb(self, at);
    instances.set(parentElement, self);
  }
  self.data = data;
  self.setStateValue = setStateValue;
  const mine = performance.now() - self.touched < SETTLED_MS;
  if (!mine || !self.values) self.values = self.two ? [...data.value] : [data.value];
  describe(self);
  draw(self, { echo: true });
}
