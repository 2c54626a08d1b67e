// One picture, or two side by side, before and after, with the outline of a crop over the first. Where data.zoom is
// set the pictures can be magnified down to their pixels; both then show the same part, and the page is told which.
/** @import { ComponentArguments } from "../component" */
import { element } from "../elements.js";

/**
 * The pixels of a part of a picture, left to right and top to bottom; exact: unscaled.
 * @typedef {{ left: number, top: number, right: number, bottom: number, source: string, exact: boolean }} Detail
 * @typedef {{ source: string, name?: string, alt?: string, facts?: string, none?: string, outline?: number[][],
 *   size?: [number, number], detail?: Detail }} Picture
 * @typedef {{ scale: number, x: number, y: number }} View what is in the middle, in shares of the picture
 * @typedef {{ before: Picture, after?: Picture, zoom?: boolean, view?: View }} PicturesData
 * @typedef {ReturnType<typeof buildFigure>} Figure
 * @typedef {ReturnType<typeof build>} Pictures
 */

/** @type {WeakMap<HTMLElement, Pictures>} */
const instances = new WeakMap();
const REST_MS = 140; // after a move, until the page is asked for the pixels of the part in view
const GRID_FROM_PX = 8; // the least size on screen of a pixel around which lines are drawn
const LARGEST_PIXEL = 40;
const TALLEST = "46vh"; // so that the slider below stays in the window

const FIGURE = `<div class="screen"><div class="picture"><div class="stage"><img class="whole"><svg hidden
  preserveAspectRatio="none"><path class="shade"/><path class="edge"/><path class="dash"/></svg></div><div class="grid"
  hidden></div></div><p class="none" hidden></p></div><figcaption><span class="name"></span><span class="facts"></span>
  </figcaption>`;

/** @param {HTMLElement} parent @param {string} name */
function buildFigure(parent, name) {
  const box = element("figure", { innerHTML: FIGURE });
  parent.append(box);
  const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (box.querySelector(selector));
  part(".name").textContent = name;
  const elements = {
    box,
    name: part(".name"),
    picture: part(".picture"),
    stage: part(".stage"),
    grid: part(".grid"),
    none: part(".none"),
    facts: part(".facts"),
    image: /** @type {HTMLImageElement} */ (part(".whole")),
    svg: /** @type {SVGSVGElement} */ (box.querySelector("svg")),
    paths: box.querySelectorAll("path"),
    detailImage: element("img", { className: "detail", alt: "" }),
  };
  /**
   * @type {{ size: [number, number] | undefined, detail: Detail | undefined, canvas: HTMLCanvasElement | null,
   *   canvasSource: string }}
   */
  const shown = { size: undefined, detail: undefined, canvas: null, canvasSource: "" };
  return { ...elements, ...shown };
}

/** @param {Figure} figure @param {Picture} picture */
function show(figure, { source, alt = "", facts = "", none = "", outline, size, detail }) {
  figure.size = size || figure.size;
  figure.picture.hidden = !source;
  if (size) {
    figure.picture.style.aspectRatio = `${size[0]} / ${size[1]}`;
    figure.picture.style.width = `min(100%, calc(${TALLEST} * ${size[0] / size[1]}))`;
  }
  if (source && figure.image.getAttribute("src") !== source) figure.image.src = source;
  figure.image.alt = alt;
  figure.facts.textContent = facts;
  figure.none.hidden = !none;
  figure.none.textContent = none;
  showDetail(figure, detail);
  figure.svg.toggleAttribute("hidden", !outline);
  if (outline && figure.size) showOutline(figure, outline, figure.size);
}

/** What a crop keeps. @param {Figure} figure @param {number[][]} outline @param {[number, number]} size */
function showOutline({ svg, paths }, outline, [width, height]) {
  const corners = `M${outline.map((corner) => corner.join(",")).join("L")}Z`;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  paths[0].setAttribute("d", `M0,0H${width}V${height}H0Z${corners}`);
  paths[1].setAttribute("d", corners);
  paths[2].setAttribute("d", corners);
}

/**
 * Lay the pixels of the part in view over the whole picture.
 * @param {Figure} figure
 * @param {Detail | undefined} detail
 */
function showDetail(figure, detail) {
  figure.detail = detail;
  const image = figure.detailImage;
  if (!detail || !figure.size) return image.remove();
  const [width, height] = figure.size;
  const { left, top, right, bottom, source, exact } = detail;
  image.style.left = `${(100 * left) / width}%`;
  image.style.top = `${(100 * top) / height}%`;
  image.style.width = `${(100 * (right - left)) / width}%`;
  image.style.height = `${(100 * (bottom - top)) / height}%`;
  image.style.imageRendering = exact ? "pixelated" : "auto";
  if (image.getAttribute("src") !== source) image.src = source;
  if (!image.isConnected) figure.image.after(image);
}

/** The figures with a picture, and its size. @param {Pictures} pictures */
const visible = ({ before, after }) =>
  [before, after].flatMap((figure) =>
    figure.size && !figure.picture.hidden && !figure.box.hidden ? [{ figure, size: figure.size }] : [],
  );

/** The middle of the view, kept where the picture fills it. @param {number} middle @param {number} scale */
const bounded = (middle, scale) => Math.min(Math.max(middle, 0.5 / scale), 1 - 0.5 / scale);

/** Show a part of the pictures. @param {Pictures} pictures @param {number} scale @param {number} x @param {number} y */
function setView(pictures, scale, x, y) {
  const widths = visible(pictures).map(({ figure, size }) => size[0] / (figure.picture.clientWidth || 400));
  const largest = Math.max(1, LARGEST_PIXEL * Math.max(...widths));
  const within = Math.min(Math.max(scale, 1), largest);
  pictures.view = { scale: within, x: bounded(x, within), y: bounded(y, within) };
  draw(pictures);
  clearTimeout(pictures.timer);
  pictures.timer = window.setTimeout(() => pictures.setStateValue("view", { ...pictures.view }), REST_MS);
}

/** @param {Pictures} pictures */
function draw(pictures) {
  const { scale, x, y } = pictures.view;
  const figures = visible(pictures);
  for (const { figure, size } of figures) {
    const [left, top] = [100 * (0.5 - x * scale), 100 * (0.5 - y * scale)];
    figure.stage.style.transform = `translate(${left}%, ${top}%) scale(${scale})`;
    figure.picture.classList.toggle("close", scale > 1);
    const { clientWidth: width, clientHeight: height } = figure.picture;
    const pixel = [(width * scale) / size[0], (height * scale) / size[1]];
    figure.grid.hidden = pixel[0] < GRID_FROM_PX;
    figure.grid.style.backgroundSize = `${pixel[0]}px ${pixel[1]}px`;
    figure.grid.style.backgroundPosition = `${(0.5 - x * scale) * width}px ${(0.5 - y * scale) * height}px`;
  }
  pictures.zoomOut.disabled = pictures.fit.disabled = scale <= 1;
  const [{ figure, size }] = figures;
  const shown = (100 * scale * (figure.picture.clientWidth || 1)) / size[0];
  pictures.level.textContent = `${shown.toFixed(0)} %`;
}

/** Where the pointer is in a picture, from -0.5 to 0.5 each way. @param {Figure} figure @param {MouseEvent} event */
function positionOf(figure, event) {
  const frame = figure.picture.getBoundingClientRect();
  return [(event.clientX - frame.left) / frame.width - 0.5, (event.clientY - frame.top) / frame.height - 0.5];
}

/**
 * Say which pixel is under the pointer and, where its exact colour is known, that colour.
 * @param {Pictures} pictures
 * @param {Figure} figure
 * @param {MouseEvent} event
 */
function showPixel(pictures, figure, event) {
  const { size } = figure;
  if (!size) return;
  const { scale, x, y } = pictures.view;
  const [right, down] = positionOf(figure, event);
  const pixelAt = (/** @type {number} */ share, /** @type {number} */ count) =>
    Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  const [column, row] = [pixelAt(x + right / scale, size[0]), pixelAt(y + down / scale, size[1])];
  const colour = colourAt(figure, column, row);
  pictures.pixel.textContent = `x ${column}, y ${row}${colour ? `, RGB ${colour.join(" ")}` : ""}`;
}

/** @param {Figure} figure @param {number} column @param {number} row */
function colourAt(figure, column, row) {
  const { detail, detailImage: image } = figure;
  if (!detail || !detail.exact || !image.complete) return null;
  if (column < detail.left || column >= detail.right || row < detail.top || row >= detail.bottom) return null;
  if (figure.canvasSource !== detail.source) {
    figure.canvas = element("canvas", { width: image.naturalWidth, height: image.naturalHeight });
    figure.canvas.getContext("2d", { willReadFrequently: true })?.drawImage(image, 0, 0);
    figure.canvasSource = detail.source;
  }
  const context = figure.canvas?.getContext("2d");
  const pixel = context?.getImageData(column - detail.left, row - detail.top, 1, 1);
  return pixel ? [...pixel.data.slice(0, 3)] : null;
}

/**
 * Dragging moves the part in view; a double click and, once magnified, the wheel zoom at the pointer.
 * @param {Pictures} pictures
 * @param {Figure} figure
 */
function listen(pictures, figure) {
  const { picture } = figure;
  /** @type {[number, number] | null} */
  let held = null;
  picture.ondblclick = (event) => pictures.data.zoom && zoomAt(pictures, figure, event, 3);
  picture.onwheel = (event) => {
    if (!pictures.data.zoom || (pictures.view.scale <= 1 && !event.ctrlKey)) return;
    event.preventDefault();
    zoomAt(pictures, figure, event, event.deltaY < 0 ? 1.25 : 0.8);
  };
  picture.onpointerdown = (event) => {
    if (!pictures.data.zoom || pictures.view.scale <= 1) return;
    picture.setPointerCapture(event.pointerId);
    held = [event.clientX, event.clientY];
  };
  picture.onpointerup = picture.onpointercancel = () => (held = null);
  picture.onpointerleave = () => pictures.data.zoom && (pictures.pixel.textContent = "");
  picture.onpointermove = (event) => {
    if (!pictures.data.zoom) return;
    showPixel(pictures, figure, event);
    if (!held) return;
    const [right, down] = [event.clientX - held[0], event.clientY - held[1]];
    held = [event.clientX, event.clientY];
    const { scale, x, y } = pictures.view;
    setView(pictures, scale, x - right / picture.clientWidth / scale, y - down / picture.clientHeight / scale);
  };
}

/**
 * The point under the pointer stays there.
 * @param {Pictures} pictures
 * @param {Figure} figure
 * @param {MouseEvent} event
 * @param {number} factor
 */
function zoomAt(pictures, figure, event, factor) {
  const [right, down] = positionOf(figure, event);
  const { scale, x, y } = pictures.view;
  const kept = 1 / scale - 1 / (scale * factor);
  setView(pictures, scale * factor, x + right * kept, y + down * kept);
}

/** @param {Pick<ComponentArguments<PicturesData>, "data" | "parentElement" | "setStateValue">} given */
function build({ data, parentElement, setStateValue }) {
  const box = element("div", { className: "compare" });
  const zoomOut = element("button", { type: "button" }, "−");
  const zoomIn = element("button", { type: "button" }, "+");
  const fit = element("button", { type: "button" }, "Fit");
  zoomOut.setAttribute("aria-label", "Zoom out");
  zoomIn.setAttribute("aria-label", "Zoom in");
  const level = element("span", { className: "level" });
  const pixel = element("span", { className: "pixel", ariaLive: "off" });
  const bar = element("div", { className: "tools" }, zoomOut, zoomIn, fit, level, pixel);
  parentElement.append(box, bar);
  const figures = { before: buildFigure(box, "Before"), after: buildFigure(box, "After") };
  const view = { scale: 1, x: 0.5, y: 0.5, ...data.view };
  const pictures = { box, bar, zoomOut, fit, level, pixel, ...figures, view, timer: 0, data, setStateValue };
  const zoomBy = (/** @type {number} */ factor) => () =>
    setView(pictures, pictures.view.scale * factor, pictures.view.x, pictures.view.y);
  zoomOut.onclick = zoomBy(1 / 1.6);
  zoomIn.onclick = zoomBy(1.6);
  fit.onclick = () => setView(pictures, 1, 0.5, 0.5);
  listen(pictures, pictures.before);
  listen(pictures, pictures.after);
  return pictures;
}

/** @param {ComponentArguments<PicturesData>} given */
export default function ({ data, parentElement, setStateValue }) {
  const pictures = instances.get(parentElement) ?? build({ data, parentElement, setStateValue });
  instances.set(parentElement, pictures);
  Object.assign(pictures, { data, setStateValue });
  show(pictures.before, data.before);
  if (data.after) show(pictures.after, data.after);
  pictures.after.box.hidden = !data.after;
  pictures.box.classList.toggle("single", !data.after);
  pictures.before.name.textContent = data.before.name ?? (data.after ? "Before" : "");
  pictures.bar.hidden = !data.zoom || !visible(pictures).length;
  if (pictures.bar.hidden) return undefined;
  draw(pictures);
  const watcher = new ResizeObserver(() => draw(pictures));
  watcher.observe(pictures.box);
  return () => watcher.disconnect();
}
