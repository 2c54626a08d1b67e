// What all drawing on canvases shares: sharp surfaces, the colours of the theme, styles of segments, names that fit.
/** @import { Player, Row, Segment, Style, Theme } from "./types" */

const THEME_MS = 500; // the colours of the theme are read again after this long

/** @param {HTMLCanvasElement} canvas */
export function contextOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/**
 * An empty canvas of this size in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function surface(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  const ctx = contextOf(canvas);
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

/** The colours and the font of the page. @param {Player} player @returns {Theme} */
export function themeOf(player) {
  const now = performance.now();
  if (player.theme && now - player.theme.readAt < THEME_MS) return player.theme;
  const style = getComputedStyle(player.box);
  const read = (/** @type {string} */ name) => style.getPropertyValue(`--st-${name}`).trim();
  const theme = {
    readAt: now,
    text: read("text-color"),
    background: read("background-color"),
    secondary: read("secondary-background-color"),
    border: read("border-color"),
    font: read("font") || "sans-serif",
  };
  if (player.theme?.border !== theme.border) Object.assign(player, { hatch: null, styles: [] });
  player.theme = theme;
  return theme;
}

/** Red, green and blue. @param {string} colour "#RRGGBB" */
const channels = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

/**
 * A colour of this opacity on a ground, and black or white, whichever reads better on it (WCAG 2).
 * @param {string} colour
 * @param {number} opacity
 * @param {string} ground
 * @returns {Style}
 */
export function blend(colour, opacity, ground) {
  const back = channels(/^#[0-9a-f]{6}$/i.test(ground) ? ground : "#FFFFFF");
  const mixed = channels(colour).map((value, at) => Math.round(value * opacity + back[at] * (1 - opacity)));
  const linear = mixed.map((value) => (value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  const packed = (255 << 24) | (mixed[2] << 16) | (mixed[1] << 8) | mixed[0];
  return { fill: `rgb(${mixed.join(" ")})`, ink: luminance > 0.179 ? "#000" : "#FFF", packed };
}

/**
 * The style of a segment or a point, computed once for each label and confidence.
 * @param {Player} player
 * @param {Row} row
 * @param {Pick<Segment, "label" | "confidence">} segment
 */
export function styleOf(player, row, { label, confidence }) {
  const shown = confidence !== null && row.look === "label" ? Math.round(100 * confidence) : 100;
  const key = label * 101 + shown;
  return (player.styles[key] ??= newStyle(player, label, shown));
}

/** @param {Player} player @param {number} label @param {number} confidence in percent */
function newStyle(player, label, confidence) {
  return blend(player.data.palette[label].colour, 0.3 + 0.007 * confidence, themeOf(player).secondary);
}

/** The path of a diamond, the mark of a point. @type {(ctx: CanvasRenderingContext2D, x: number, y: number, half: number) => void} */
export function traceDiamond(ctx, x, y, half) {
  ctx.beginPath();
  ctx.moveTo(x, y - half);
  ctx.lineTo(x + half, y);
  ctx.lineTo(x, y + half);
  ctx.lineTo(x - half, y);
  ctx.closePath();
}

/** The pattern of what nobody looked at. @param {Player} player @param {CanvasRenderingContext2D} ctx */
export function hatchOf(player, ctx) {
  if (player.hatch) return player.hatch;
  const tile = Object.assign(document.createElement("canvas"), { width: 7, height: 7 });
  const pen = contextOf(tile);
  pen.strokeStyle = themeOf(player).border;
  pen.lineWidth = 1.6;
  for (const shift of [-7, 0, 7]) {
    pen.moveTo(shift, 7);
    pen.lineTo(shift + 7, 0);
  }
  pen.stroke();
  player.hatch = /** @type {CanvasPattern} */ (ctx.createPattern(tile, "repeat"));
  return player.hatch;
}

/** @type {Map<string, string>} */
const shortened = new Map(); // what is left of a name in so much room

/**
 * Write a name, shortened to the room there is.
 * @type {(ctx: CanvasRenderingContext2D, name: string, x: number, y: number, room: number, ink: string) => void}
 */
export function write(ctx, name, x, y, room, ink) {
  if (room < 18) return;
  const key = `${Math.min(Math.floor(room / 3), 200)}${name}`;
  let fitting = shortened.get(key);
  if (fitting === undefined) shortened.set(key, (fitting = fit(ctx, name, room)));
  ctx.fillStyle = ink;
  ctx.fillText(fitting, x, y);
}

/** @param {CanvasRenderingContext2D} ctx @param {string} name @param {number} room */
function fit(ctx, name, room) {
  if (ctx.measureText(name).width <= room) return name;
  let length = name.length - 1;
  while (length > 1 && ctx.measureText(`${name.slice(0, length)}…`).width > room) length -= 1;
  return length > 1 ? `${name.slice(0, length)}…` : "";
}
