// The picture before a crop, with the rectangle that the crop keeps: draw it, move it, drag its sides and corners.
/** @import { ComponentArguments } from "../common/component" */
/** @import { CropBox, CropLimits, Point } from "./crop_box.js" */
import { element } from "../common/elements.js";
import { drawn, isWhole, moved, nudged, resized, WHOLE } from "./crop_box.js";

/**
 * box: null where the clip has no crop that is switched on.
 * @typedef {{ source: string, alt: string, name: string, facts: string, size: [number, number], box: CropBox | null,
 *   limits: CropLimits }} CropData
 * @typedef {{ pointer: number, sides: string, from: Point, box: CropBox, draws: boolean }} Grip what is being dragged
 * @typedef {ReturnType<typeof build>} Crop
 */

const PAUSE_MS = 45; // at most one rectangle in this time
const SETTLED_MS = 700; // for this long after a touch the rectangle is the user's, and no echo moves it
const LARGE = 10; // steps of an arrow key with Shift
const SIDES = { n: "upper side", e: "right side", s: "lower side", w: "left side" };
const CORNERS = { nw: "upper left corner", ne: "upper right corner", se: "lower right corner", sw: "lower left corner" };
const HINT = "Draw a rectangle on the picture to crop it.";
/** @type {WeakMap<HTMLElement, Crop>} */
const crops = new WeakMap();

/** @param {Pick<ComponentArguments<CropData>, "data" | "parentElement" | "setStateValue">} given */
function build({ data, parentElement, setStateValue }) {
  const image = element("img", { alt: "", draggable: false });
  const box = element("div", { className: "box", tabIndex: 0 });
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Crop: arrow keys move the rectangle");
  const picture = element("div", { className: "picture" }, image, box);
  const [name, facts, hint] = ["name", "facts", "hint"].map((className) => element("span", { className }));
  const caption = element("figcaption", {}, name, facts, hint);
  parentElement.append(element("figure", { className: "crop" }, element("div", { className: "screen" }, picture), caption));
  /** @type {{ grip: Grip | null, shown: CropBox }} */
  const state = { grip: null, shown: WHOLE };
  const clock = { touchedAt: -SETTLED_MS, sentAt: 0, timer: 0 };
  const crop = { image, box, picture, name, facts, hint, ...state, ...clock, data, setStateValue };
  for (const [sides, title] of Object.entries({ ...SIDES, ...CORNERS })) addHandle(crop, sides, title);
  listen(crop);
  return crop;
}

/** @param {Crop} crop @param {string} sides @param {string} title */
function addHandle(crop, sides, title) {
  const handle = element("button", { type: "button", className: `handle ${sides}` });
  handle.dataset.sides = sides;
  handle.setAttribute("aria-label", `Crop: ${title}`);
  crop.box.append(handle);
}

/** @param {Crop} crop @param {PointerEvent} event @returns {Point} */
function pointAt({ picture }, event) {
  const frame = picture.getBoundingClientRect();
  const share = (/** @type {number} */ at, /** @type {number} */ length) => (100 * at) / (length || 1);
  return { x: share(event.clientX - frame.left, frame.width), y: share(event.clientY - frame.top, frame.height) };
}

/** @param {EventTarget | null} target */
const sidesOf = (target) => /** @type {HTMLElement} */ (target).dataset.sides ?? "";

/** @param {Crop} crop */
function listen(crop) {
  const { picture, box } = crop;
  picture.onpointerdown = (event) => {
    if (!crop.data.box || event.button) return;
    const sides = sidesOf(event.target);
    const draws = !sides && (isWhole(crop.shown) || event.target !== box);
    crop.grip = { pointer: event.pointerId, sides, from: pointAt(crop, event), box: crop.shown, draws };
    picture.setPointerCapture(event.pointerId);
    (sides ? /** @type {HTMLElement} */ (event.target) : box).focus({ preventScroll: true });
    event.preventDefault();
  };
  picture.onpointermove = (event) => {
    if (crop.grip?.pointer === event.pointerId) change(crop, dragged(crop, crop.grip, event), false);
  };
  picture.onpointerup = picture.onpointercancel = (event) => {
    if (crop.grip?.pointer !== event.pointerId) return;
    crop.grip = null;
    change(crop, crop.shown, true);
  };
  box.onkeydown = (event) => {
    const { limits } = crop.data;
    const stride = limits.step * (event.shiftKey ? LARGE : 1);
    const next = nudged(crop.shown, sidesOf(event.target), event.key, stride, limits);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation(); // arrows of the rectangle are no shortcuts of the page as well
    change(crop, next, true);
  };
}

/** @param {Crop} crop @param {Grip} grip @param {PointerEvent} event */
function dragged(crop, grip, event) {
  const [to, { limits }] = [pointAt(crop, event), crop.data];
  if (grip.draws) return drawn(grip.from, to, limits);
  if (grip.sides) return resized(grip.box, grip.sides, to, limits);
  return moved(grip.box, { x: to.x - grip.from.x, y: to.y - grip.from.y }, limits);
}

/** @param {Crop} crop @param {CropBox} box @param {boolean} settled false while it is being dragged */
function change(crop, box, settled) {
  crop.shown = box;
  crop.touchedAt = performance.now();
  draw(crop);
  clearTimeout(crop.timer);
  const wait = settled ? 0 : Math.max(0, PAUSE_MS - (performance.now() - crop.sentAt));
  crop.timer = window.setTimeout(() => {
    crop.sentAt = performance.now();
    crop.setStateValue("box", { ...crop.shown, settled, at: Math.round(crop.sentAt) });
  }, wait);
}

/** @param {Crop} crop */
function draw({ box, hint, shown, data }) {
  box.hidden = !data.box;
  hint.textContent = data.box && isWhole(shown) ? HINT : "";
  box.classList.toggle("whole", isWhole(shown));
  box.style.left = `${shown.left}%`;
  box.style.top = `${shown.top}%`;
  box.style.width = `${shown.right - shown.left}%`;
  box.style.height = `${shown.bottom - shown.top}%`;
}

/** @param {ComponentArguments<CropData>} given */
export default function ({ data, parentElement, setStateValue }) {
  const crop = crops.get(parentElement) ?? build({ data, parentElement, setStateValue });
  crops.set(parentElement, crop);
  Object.assign(crop, { data, setStateValue });
  if (crop.image.getAttribute("src") !== data.source) crop.image.src = data.source;
  crop.image.alt = data.alt;
  crop.name.textContent = data.name;
  crop.facts.textContent = data.facts;
  const [width, height] = data.size;
  crop.picture.style.aspectRatio = `${width} / ${height}`;
  crop.picture.style.setProperty("--ratio", String(width / height));
  const held = crop.grip !== null || performance.now() - crop.touchedAt < SETTLED_MS;
  if (!held || !data.box) crop.shown = data.box ?? WHOLE;
  draw(crop);
}
