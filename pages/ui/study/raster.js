// The labels of many clips as an ethogram: a row for each clip, on a canvas. A click tells the page which moment it was.
/** @import { ComponentArguments } from "../common/component" */
/** @import { Raster, RasterData, Line } from "./raster_types" */
import { element } from "../common/elements.js";
import { draw } from "./raster_draw.js";
import { align, begin, hit, lay, pan, unpack, whole, zoom } from "./raster_view.js";

/** @type {WeakMap<HTMLElement, Raster>} */
const rasters = new WeakMap();
const CLICK_PX = 4; // a press that moves less is a click

/** Draw with the next animation frame, once however often this is called. @param {Raster} raster */
function redraw(raster) {
  if (raster.animation) return;
  raster.animation = requestAnimationFrame(() => {
    raster.animation = 0;
    draw(raster);
  });
}

/** @param {string} text @param {string} about @param {() => void} act */
function button(text, about, act) {
  const box = element("button", { type: "button", title: about, onclick: act }, text);
  box.setAttribute("aria-label", about);
  return box;
}

/** What clips can be aligned at. @param {Raster} raster */
function alignments(raster) {
  const box = element("select", { className: "align" });
  box.setAttribute("aria-label", "Align clips at");
  const group = (/** @type {string} */ name, /** @type {string[]} */ values, /** @type {string} */ kind) => {
    if (!values.length) return;
    const ending = kind === "bout" ? " (first)" : kind === "each" ? " (each)" : "";
    const options = values.map((text) => element("option", { value: `${kind}:${text}` }, text + ending));
    box.append(element("optgroup", { label: name }, ...options));
  };
  box.append(element("option", { value: "start:" }, "Start of the clip"));
  group("Time of day", Object.keys(raster.data.clocks), "clock");
  const labels = raster.data.labels.map(({ label }) => label);
  group("First bout or point of", labels, "bout");
  group("Each bout or point of", labels, "each");
  const values = [...box.querySelectorAll("option")].map(({ value }) => value);
  if (!values.includes(raster.align)) raster.align = "start:";
  box.value = raster.align;
  box.onchange = () => {
    raster.align = box.value;
    raster.active = 0;
    align(raster);
    lay(raster);
    begin(raster);
    redraw(raster);
  };
  return box;
}

/** @param {Raster} raster */
function toolbar(raster) {
  const step = (/** @type {() => void} */ act) => () => {
    act();
    redraw(raster);
  };
  const taller = (/** @type {number} */ factor) =>
    step(() => {
      raster.rowPx = Math.min(Math.max(raster.rowPx * factor, 0.4), 40);
      lay(raster);
    });
  return [
    element("label", {}, "Align at ", alignments(raster)),
    element(
      "span",
      { className: "buttons" },
      button("+", "Zoom in", step(() => zoom(raster, 0.5))),
      button("−", "Zoom out", step(() => zoom(raster, 2))),
      button("⤢", "Show all", step(() => whole(raster))),
      button("↕", "Taller rows", taller(1.5)),
      button("↨", "Lower rows", taller(1 / 1.5)),
      button("PNG", "Save the picture as PNG", () => save(raster)),
    ),
  ];
}

/** @param {Raster} raster */
function save(raster) {
  raster.canvas.toBlob((blob) => {
    if (!blob) return;
    const address = URL.createObjectURL(blob);
    element("a", { href: address, download: "ethogram.png" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });
}

/** Labels with their colours; a click on one leaves only it, another click all of them. @param {Raster} raster */
function legend(raster) {
  return raster.data.labels.map(({ label, colour }, index) => {
    const dot = element("i");
    dot.style.background = colour;
    const chip = element("button", { type: "button", className: "chip" }, dot, label);
    chip.setAttribute("aria-pressed", "false");
    chip.onclick = () => {
      raster.only = raster.only === index ? -1 : index;
      for (const [at, other] of [...raster.legend.children].entries())
        other.setAttribute("aria-pressed", String(at === raster.only));
      redraw(raster);
    };
    return chip;
  });
}

/** @param {Raster} raster @param {MouseEvent} event */
function point(raster, event) {
  const box = raster.canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

/** @param {Raster} raster @param {MouseEvent} event */
function hover(raster, event) {
  const at = point(raster, event);
  const under = hit(raster, at.x, at.y);
  raster.tip.hidden = !under;
  if (!under) return;
  raster.tip.textContent = under.text;
  const left = Math.min(at.x + 14, raster.width - raster.tip.offsetWidth - 4);
  raster.tip.style.transform = `translate(${Math.max(left, 0)}px, ${at.y + raster.canvas.offsetTop + 16}px)`;
}

/** @param {Raster} raster */
function listen(raster) {
  const { canvas } = raster;
  /** @type {{ x: number, y: number, moved: boolean } | null} */
  let press = null;
  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    press = { ...point(raster, event), moved: false };
    canvas.setPointerCapture?.(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    if (!press) return hover(raster, event);
    const at = point(raster, event);
    if (!press.moved && Math.hypot(at.x - press.x, at.y - press.y) < CLICK_PX) return;
    pan(raster, press.x - at.x, press.y - at.y);
    press = { ...at, moved: true };
    raster.tip.hidden = true;
    redraw(raster);
  };
  canvas.onpointerup = (event) => {
    const ended = press;
    press = null;
    if (ended && !ended.moved) open(raster, point(raster, event));
  };
  canvas.onpointercancel = () => (press = null);
  canvas.onpointerleave = () => (raster.tip.hidden = true);
  canvas.addEventListener("wheel", (event) => turned(raster, event), { passive: false });
  canvas.onkeydown = (event) => key(raster, event);
}

/** The wheel scrolls rows, with Shift the time, and zooms with Ctrl. @param {Raster} raster @param {WheelEvent} event */
function turned(raster, event) {
  const { x } = point(raster, event);
  const before = `${raster.top} ${raster.view.from} ${raster.view.to}`;
  if (event.ctrlKey || event.metaKey) zoom(raster, Math.exp(event.deltaY / 300), x);
  else if (event.shiftKey) pan(raster, event.deltaY || event.deltaX, 0);
  else pan(raster, event.deltaX, event.deltaY);
  if (before !== `${raster.top} ${raster.view.from} ${raster.view.to}`) event.preventDefault();
  raster.tip.hidden = true;
  redraw(raster);
}

/** Tell the page which moment was clicked. @param {Raster} raster @param {{ x: number, y: number }} at */
function open(raster, at) {
  const under = hit(raster, at.x, at.y);
  if (under) raster.setTriggerValue("picked", { clip: under.clip, at: under.at });
}

/** @param {Raster} raster @param {KeyboardEvent} event */
function key(raster, event) {
  const part = 0.15 * (raster.width - raster.left);
  /** @type {Record<string, () => void>} */
  const acts = {
    ArrowLeft: () => pan(raster, -part, 0),
    ArrowRight: () => pan(raster, part, 0),
    ArrowUp: () => choose(raster, -1),
    ArrowDown: () => choose(raster, 1),
    "+": () => zoom(raster, 0.5),
    "=": () => zoom(raster, 0.5),
    "-": () => zoom(raster, 2),
    Home: () => whole(raster),
    Enter: () => {
      const line = raster.lines.find(({ entry }) => entry === raster.active);
      if (line) open(raster, { x: raster.left + 1, y: line.top - raster.top + line.height / 2 });
    },
  };
  const act = acts[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
  redraw(raster);
}

/** Choose another row by keyboard, and say which. @param {Raster} raster @param {number} step */
function choose(raster, step) {
  raster.active = Math.min(Math.max(raster.active + step, 0), raster.entries.length - 1);
  const line = /** @type {Line} */ (raster.lines.find(({ entry }) => entry === raster.active));
  const room = raster.height - 24;
  if (line.top < raster.top) raster.top = line.top;
  if (line.top + line.height > raster.top + room) raster.top = line.top + line.height - room;
  const { name, row } = raster.entries[raster.active];
  const { group } = raster.data.rows[row];
  const count = raster.starts[row + 1] - raster.starts[row];
  const segments = count === 1 ? "1 segment" : `${count} segments`;
  raster.says.textContent = `${name}${group ? `, ${group}` : ""}, ${segments}. Enter opens it.`;
}

/** @param {ComponentArguments<RasterData>} given @returns {Raster} */
function made({ data, setTriggerValue }) {
  const canvas = element("canvas", { tabIndex: 0 });
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Labels of all clips over time. Arrow keys move, plus and minus zoom.");
  const parts = { bar: element("div", { className: "bar" }), legend: element("div", { className: "legend" }) };
  const tip = element("div", { className: "tip", hidden: true });
  const says = element("div", { className: "says" });
  says.setAttribute("aria-live", "polite");
  const box = element("div", { className: "raster" }, parts.bar, canvas, parts.legend, tip, says);
  const empty = { starts: new Uint32Array(1), from: new Float32Array(0), to: new Float32Array(0) };
  return {
    ...empty, ...parts, box, canvas, tip, says, data, setTriggerValue, label: new Uint16Array(0), lines: [], entries: [],
    view: { from: 0, to: 1 }, extent: { from: 0, to: 1 }, top: 0, rowPx: 0, width: 600, height: 200, total: 0, left: 0,
    align: "start:", only: -1, active: 0, animation: 0, key: "",
  }; // prettier-ignore
}

/** @param {ComponentArguments<RasterData>} given */
export default function (given) {
  const { data, parentElement, setTriggerValue } = given;
  let raster = rasters.get(parentElement);
  if (!raster) {
    const fresh = (raster = made(given));
    rasters.set(parentElement, fresh);
    parentElement.append(fresh.box);
    listen(fresh);
    new ResizeObserver(() => {
      lay(fresh);
      redraw(fresh);
    }).observe(fresh.box);
  }
  raster.setTriggerValue = setTriggerValue;
  if (raster.key === data.key) return redraw(raster);
  const same = raster.data.labels.map(({ label }) => label).join() === data.labels.map(({ label }) => label).join();
  Object.assign(raster, { data, key: data.key, active: 0, only: same ? raster.only : -1 });
  unpack(raster);
  raster.bar.replaceChildren(...toolbar(raster));
  raster.legend.replaceChildren(...legend(raster));
  align(raster);
  lay(raster);
  begin(raster);
  redraw(raster);
}

