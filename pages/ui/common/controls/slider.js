// A slider that reports its value while it moves, with a box for exact numbers. One thumb, or two for a range.
/** @import { ComponentArguments } from "../component" */
import { element } from "../elements.js";

/**
 * @typedef {{ label: string, value: number | number[], low: number, high: number, step: number, unit?: string,
 *   help?: string, apart?: number }} SliderData
 */
/** @typedef {ReturnType<typeof build>} Slider */

const PAUSE_MS = 45; // at most one value in this time; the server folds together what it cannot keep up with
const SETTLED_MS = 700; // for this long after a touch, the thumb is the user's and no echo moves it
/** @type {WeakMap<HTMLElement, Slider>} */
const sliders = new WeakMap();

/** How many decimals a step has. @param {number} step */
export const decimalsOf = (step) => (String(step).split(".")[1] || "").length;

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** @param {Pick<ComponentArguments<SliderData>, "data" | "parentElement" | "setStateValue">} given */
function build({ data, parentElement, setStateValue }) {
  const label = element("span", { className: "label" });
  const tip = element("span", { className: "tip", role: "tooltip" });
  const help = element("span", { className: "help", tabIndex: 0 }, "?", tip);
  const unit = element("span", { className: "unit" });
  const numbers = element("span", { className: "numbers" });
  const fill = element("div", { className: "fill" });
  const track = element("div", { className: "track" }, element("div", { className: "rail" }), fill);
  const head = element("div", { className: "head" }, label, help, numbers);
  parentElement.append(element("div", { className: "slider" }, head, track));
  const isRange = Array.isArray(data.value);
  const elements = { label, help, tip, numbers, unit, track, fill };
  /** @type {{ ranges: HTMLInputElement[], boxes: HTMLInputElement[], values: number[] }} */
  const lists = { ranges: [], boxes: [], values: [] };
  const slider = { ...elements, ...lists, data, setStateValue, isRange, touchedAt: -SETTLED_MS, sentAt: 0, timer: 0 };
  for (let index = 0; index < (isRange ? 2 : 1); index += 1) addThumb(slider, index);
  numbers.append(unit);
  return slider;
}

/** @param {Slider} slider @param {number} index */
function addThumb(slider, index) {
  const range = element("input", { type: "range" });
  const box = element("input", { type: "number" });
  slider.track.append(range);
  slider.numbers.append(index ? "–" : "", box);
  slider.ranges.push(range);
  slider.boxes.push(box);
  range.oninput = () => move(slider, index, Number(range.value), false);
  range.onchange = () => move(slider, index, Number(range.value), true);
  const enter = () => {
    if (Number(box.value) !== slider.values[index]) move(slider, index, Number(box.value), true);
  };
  // A browser sends no change event where the page touched the box meanwhile, so both ends of typing are heard.
  box.onchange = box.onblur = enter;
  range.onkeydown = keepArrows;
  box.onkeydown = (event) => {
    keepArrows(event);
    if (event.key === "Enter") enter();
  };
}

/** Arrows that move the thumb are no shortcuts of the page as well. @param {KeyboardEvent} event */
function keepArrows(event) {
  if (event.key.startsWith("Arrow")) event.stopPropagation();
}

/**
 * Move a thumb to the step nearest to a value, within the limits and as far from the other thumb as it has to stay.
 * @type {(slider: Slider, index: number, value: number, settled: boolean) => void}
 */
function move(slider, index, value, settled) {
  const { data, isRange, values } = slider;
  const apart = data.apart ?? 0;
  const low = isRange && index ? Math.min(values[0] + apart, data.high) : data.low;
  const high = isRange && !index ? Math.max(values[1] - apart, data.low) : data.high;
  const stepped = data.low + Math.round((value - data.low) / data.step) * data.step;
  const within = clamp(Number.isFinite(value) ? stepped : data.low, low, high);
  values[index] = Number(within.toFixed(decimalsOf(data.step)));
  slider.touchedAt = performance.now();
  draw(slider);
  send(slider, settled);
}

/** @param {Slider} slider @param {boolean} settled false while it is being dragged */
function send(slider, settled) {
  clearTimeout(slider.timer);
  const wait = settled ? 0 : Math.max(0, PAUSE_MS - (performance.now() - slider.sentAt));
  slider.timer = window.setTimeout(() => {
    slider.sentAt = performance.now();
    const value = slider.isRange ? [...slider.values] : slider.values[0];
    slider.setStateValue("value", { value, settled, at: Math.round(slider.sentAt) });
  }, wait);
}

/**
 * Show the values. echo: they come from the server; then a box that is being typed into keeps its text.
 * @param {Slider} slider
 */
function draw(slider, { echo = false } = {}) {
  const { low, high, step } = slider.data;
  const share = (/** @type {number} */ value) => (100 * (value - low)) / (high - low || 1);
  slider.values.forEach((value, index) => {
    const box = slider.boxes[index];
    slider.ranges[index].value = String(value);
    if (!echo || !box.matches(":focus")) box.value = value.toFixed(decimalsOf(step));
  });
  const inFront = slider.isRange && share(slider.values[0]) > 50; // else both stick at the end
  slider.ranges[0].style.zIndex = inFront ? "1" : "0";
  const from = share(slider.isRange ? slider.values[0] : clamp(0, low, high));
  const to = share(slider.values[slider.values.length - 1]);
  slider.fill.style.left = `${Math.min(from, to)}%`;
  slider.fill.style.width = `${Math.abs(to - from)}%`;
}

/** @param {Slider} slider */
function describe(slider) {
  const { label, help = "", unit = "", low, high, step } = slider.data;
  slider.label.textContent = label;
  slider.help.hidden = !help;
  slider.tip.textContent = help;
  slider.help.setAttribute("aria-label", help);
  const ends = slider.isRange ? [", from", ", to"] : [""];
  ends.forEach((end, index) => {
    const limits = { min: String(low), max: String(high), step: String(step) };
    Object.assign(slider.ranges[index], limits).setAttribute("aria-label", label + end);
    Object.assign(slider.boxes[index], limits).setAttribute("aria-label", `${label}${end}, exact value`);
  });
  slider.unit.textContent = unit;
  slider.unit.hidden = !unit;
}

/** @param {ComponentArguments<SliderData>} given */
export default function ({ data, parentElement, setStateValue }) {
  const slider = sliders.get(parentElement) ?? build({ data, parentElement, setStateValue });
  sliders.set(parentElement, slider);
  Object.assign(slider, { data, setStateValue });
  const touched = performance.now() - slider.touchedAt < SETTLED_MS;
  if (!touched || !slider.values.length) slider.values = Array.isArray(data.value) ? [...data.value] : [data.value];
  describe(slider);
  draw(slider, { echo: true });
}
