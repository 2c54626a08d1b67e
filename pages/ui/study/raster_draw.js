// The raster on its canvas: only what is seen is drawn.
/** @import { Raster } from "./raster_types" */
import { surface, traceDiamond } from "../common/player/canvas.js";
import { tickStep } from "../common/player/formatting.js";
import { AXIS_PX, lineAt, named, placeOf } from "./raster_view.js";

const FAINT = 0.12; // of labels beside one that is drawn alone
const MARKED_PX = 11; // rows of this height have a diamond for each point

/** @param {Raster} raster */
function coloursOf(raster) {
  const style = getComputedStyle(raster.box);
  const read = (/** @type {string} */ name) => style.getPropertyValue(`--st-${name}`).trim();
  const [text, ground, border] = ["text-color", "secondary-background-color", "border-color"].map(read);
  return { text, ground, border, font: read("font") || "sans-serif" };
}

/** @param {Raster} raster */
export function draw(raster) {
  const ctx = surface(raster.canvas, raster.width, raster.height);
  const theme = coloursOf(raster);
  const bottom = raster.height - AXIS_PX;
  ctx.font = `12px ${theme.font}`;
  ctx.textBaseline = "middle";
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, 0, raster.width, bottom);
  ctx.clip();
  for (let at = lineAt(raster, 0); at < raster.lines.length; at += 1) {
    const line = raster.lines[at];
    const top = line.top - raster.top;
    if (top > bottom) break;
    if (line.entry < 0) head(ctx, line.text, top + line.height / 2, theme.text);
    else row(raster, ctx, line.entry, top, line.height, theme);
  }
  if (raster.align.startsWith("each:")) event(raster, ctx, bottom, theme.text);
  ctx.restore();
  scrollBar(raster, ctx, bottom, theme.text);
  axis(raster, ctx, bottom, theme.text);
}

/** @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} y @param {string} ink */
function head(ctx, text, y, ink) {
  ctx.fillStyle = ink;
  const { font } = ctx;
  ctx.font = `600 ${font}`;
  ctx.fillText(text, 4, y);
  ctx.font = font;
}

/**
 * @param {Raster} raster
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} index
 * @param {number} top
 * @param {number} height
 * @param {{ text: string, ground: string, border: string }} theme
 */
function row(raster, ctx, index, top, height, theme) {
  const { rows } = raster.data;
  const { left, width } = raster;
  const thick = height > 4 ? height - 1 : height;
  const { row: clip, zero } = raster.entries[index];
  if (raster.left > 20) writeName(raster, ctx, index, top + height / 2, theme.text);
  if (index === raster.active) outline(raster, ctx, top, thick, theme.text);
  if (zero === null) return;
  const from = Math.max(placeOf(raster, -zero), left);
  const to = Math.min(placeOf(raster, rows[clip].end - zero), width);
  ctx.fillStyle = theme.ground;
  if (to > from) ctx.fillRect(from, top, to - from, thick);
  for (const point of [false, true])
    for (let at = raster.starts[clip]; at < raster.starts[clip + 1]; at += 1)
      if ((raster.from[at] === raster.to[at]) === point) label(raster, ctx, at, zero, { top, thick, ground: theme.ground });
  ctx.globalAlpha = 1;
}

/**
 * A segment, or a point as a line, with a diamond where the row is high enough.
 * @param {Raster} raster
 * @param {CanvasRenderingContext2D} ctx
 * @param {number} at
 * @param {number} zero
 * @param {{ top: number, thick: number, ground: string }} area
 */
function label(raster, ctx, at, zero, { top, thick, ground }) {
  const { left, width, only, view } = raster;
  if (raster.to[at] - zero < view.from || raster.from[at] - zero > view.to) return;
  const start = Math.max(placeOf(raster, raster.from[at] - zero), left);
  const stop = Math.min(placeOf(raster, raster.to[at] - zero), width);
  ctx.globalAlpha = only < 0 || only === raster.label[at] ? 1 : FAINT;
  const { colour } = raster.data.labels[raster.label[at]];
  const marked = raster.from[at] === raster.to[at] && thick >= MARKED_PX;
  const half = Math.min(thick / 2 - 2, 6);
  if (marked) diamond(ctx, ground, start + 0.5, top + thick / 2, half + 2);
  ctx.fillStyle = colour;
  ctx.fillRect(start, top, Math.max(stop - start, 1), thick);
  if (marked) diamond(ctx, colour, start + 0.5, top + thick / 2, half);
}

/** @type {(ctx: CanvasRenderingContext2D, colour: string, x: number, y: number, half: number) => void} */
function diamond(ctx, colour, x, y, half) {
  ctx.fillStyle = colour;
  traceDiamond(ctx, x, y, half);
  ctx.fill();
}

/** The moment of the events. @type {(raster: Raster, ctx: CanvasRenderingContext2D, bottom: number, ink: string) => void} */
function event(raster, ctx, bottom, ink) {
  const x = placeOf(raster, 0);
  if (x < raster.left) return;
  ctx.globalAlpha = 0.55;
  ctx.fillStyle = ink;
  ctx.fillRect(x, 0, 1, bottom);
  ctx.globalAlpha = 1;
}

/** @type {(raster: Raster, ctx: CanvasRenderingContext2D, index: number, y: number, ink: string) => void} */
function writeName(raster, ctx, index, y, ink) {
  const { name: text, row: clip } = raster.entries[index];
  const { learned } = raster.data.rows[clip];
  const room = raster.left - 12;
  let shown = learned ? `${text} *` : text;
  while (shown.length > 2 && ctx.measureText(shown).width > room) shown = `${shown.slice(0, -2)}…`;
  ctx.fillStyle = ink;
  ctx.fillText(shown, 4, y);
}

/** @type {(raster: Raster, ctx: CanvasRenderingContext2D, top: number, height: number, ink: string) => void} */
function outline(raster, ctx, top, height, ink) {
  const root = /** @type {ShadowRoot | Document} */ (raster.canvas.getRootNode());
  if (root.activeElement !== raster.canvas) return;
  ctx.fillStyle = ink;
  ctx.fillRect(0, top, 3, Math.max(height, 3));
}

/** Which of the rows are seen. @type {(raster: Raster, ctx: CanvasRenderingContext2D, room: number, ink: string) => void} */
function scrollBar(raster, ctx, room, ink) {
  if (raster.total <= room) return;
  ctx.globalAlpha = 0.45;
  ctx.fillStyle = ink;
  ctx.fillRect(raster.width - 5, (room * raster.top) / raster.total, 5, Math.max((room * room) / raster.total, 12));
  ctx.globalAlpha = 1;
}

/** @param {Raster} raster @param {CanvasRenderingContext2D} ctx @param {number} top @param {string} ink */
function axis(raster, ctx, top, ink) {
  const { view, left, width } = raster;
  const step = tickStep(view.to - view.from, width - left);
  const decimals = step < 0.1 ? 2 : step < 1 ? 1 : raster.align.startsWith("clock:") && step >= 60 ? -1 : 0;
  ctx.fillStyle = ink;
  for (let tick = Math.ceil(view.from / step - 1e-9); tick * step <= view.to + 1e-9; tick += 1) {
    const x = placeOf(raster, tick * step);
    const text = named(raster, tick * step, decimals);
    const half = ctx.measureText(text).width / 2;
    ctx.globalAlpha = 0.4;
    ctx.fillRect(x, top + 2, 1, 5);
    ctx.globalAlpha = 0.85;
    ctx.fillText(text, Math.min(Math.max(x - half, left), width - 2 * half - 1), top + 15);
  }
  ctx.globalAlpha = 1;
}
