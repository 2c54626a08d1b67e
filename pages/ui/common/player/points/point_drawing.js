// Points as marks on their lane: a line at the moment, and a diamond to take hold of.
/** @import { Area, Player, Point, Row, Window } from "../types" */
import { styleOf, themeOf, traceDiamond } from "../canvas.js";
import { clock, percent } from "../formatting.js";
import { firstPointFrom, selectedPoint } from "./point_rows.js";

/** @typedef {CanvasRenderingContext2D} Context */

const HALF_PX = 6; // half a diamond
const FOOT_PX = 9; // from the bottom of a lane to the middle of its diamonds
const CROWDED_PX = 4; // points that lie nearer to each other on average are lines only
const REACH_PX = 7; // a point is taken hold of from so far

/** The points of a row in view, with their places. @param {Row} row @param {Window} window */
function inView({ points }, { from, to, width }) {
  const first = firstPointFrom(points, from - 1e-9);
  const last = firstPointFrom(points, to + 1e-9);
  const scale = width / (to - from);
  return points.slice(first, last).map((point) => ({ point, x: (point.time - from) * scale }));
}

/** Diamonds stay whole at the ends of a lane. @param {number} x @param {number} width */
const centre = (x, width) => Math.min(Math.max(x, HALF_PX), width - HALF_PX);

/** @type {(player: Player, ctx: Context, row: Row, area: Area, window: Window) => void} */
export function drawPoints(player, ctx, row, area, window) {
  const visible = inView(row, window);
  const crowded = !area.text || visible.length > window.width / CROWDED_PX;
  let drawnAt = -1;
  for (const { point, x } of visible) {
    if (crowded && Math.round(x) === drawnAt) continue;
    drawnAt = Math.round(x);
    drawPoint(player, ctx, area, { x, width: window.width, crowded, ...styleOf(player, row, point) });
  }
}

/**
 * @param {Player} player
 * @param {Context} ctx
 * @param {Area} area
 * @param {{ x: number, width: number, crowded: boolean, fill: string }} mark
 */
function drawPoint(player, ctx, { top, height }, { x, width, crowded, fill }) {
  ctx.fillStyle = fill;
  if (crowded) return ctx.fillRect(Math.min(Math.max(x - 0.5, 0), width - 1), top, 1, height);
  const { background } = themeOf(player);
  const middle = top + height - FOOT_PX;
  ctx.fillStyle = background;
  ctx.fillRect(x - 2, top, 4, height);
  traceDiamond(ctx, centre(x, width), middle, HALF_PX + 1.5);
  ctx.fill();
  ctx.fillStyle = fill;
  ctx.fillRect(x - 1, top, 2, height);
  traceDiamond(ctx, centre(x, width), middle, HALF_PX);
  ctx.fill();
}

/** Where the point would be if it were let go now. @type {(player: Player, ctx: Context, row: Row, x: number) => void} */
export function drawPointPreview(player, ctx, row, x) {
  const { preview } = player;
  const fill = player.data.palette[preview?.label ?? -1]?.colour ?? themeOf(player).text;
  drawPoint(player, ctx, { top: row.top, height: row.height, text: true }, { x, width: player.width, crowded: false, fill });
}

/** @param {Player} player @param {Context} ctx */
export function drawSelectedPoint(player, ctx) {
  const point = selectedPoint(player);
  if (!point || !player.selected) return;
  const { top, height } = player.selected.row;
  const x = ((point.time - player.view.from) * player.width) / (player.view.to - player.view.from);
  if (x < 0 || x > player.width) return;
  ctx.strokeStyle = themeOf(player).text;
  ctx.lineWidth = 2.5;
  traceDiamond(ctx, centre(x, player.width), top + height - FOOT_PX, HALF_PX + 2.5);
  ctx.stroke();
}

/** A point in words. @param {Player} player @param {Point} point */
export function describePoint(player, point) {
  const confidence = point.confidence === null ? "" : `, confidence ${percent(point.confidence)}`;
  return `${player.data.palette[point.label].label}, at ${clock(point.time, 2)}${confidence}`;
}

/**
 * The point whose diamond lies under the pointer; of several the nearest, and of those the one that is drawn on top.
 * @type {(player: Player, row: Row, x: number, y: number, touch: boolean) => Point | null}
 */
export function pointUnder(player, row, x, y, touch) {
  const reach = touch ? 2 * REACH_PX : REACH_PX;
  if (!row.points.length || Math.abs(y - (row.top + row.height - FOOT_PX)) > Math.min(reach + 2, row.height)) return null;
  const { view, width } = player;
  /** @type {{ point: Point, distance: number } | null} */
  let best = null;
  for (const { point, x: left } of inView(row, { ...view, width })) {
    const distance = Math.abs(centre(left, width) - x);
    if (distance <= reach && (!best || distance <= best.distance)) best = { point, distance };
  }
  return best?.point ?? null;
}

/** The points of a row in view. @param {Player} player @param {Row} row @returns {Point[]} */
export const visiblePoints = (player, row) =>
  inView(row, { ...player.view, width: player.width }).map(({ point }) => point);

/**
 * The button of a point, for keyboards and screen readers.
 * @type {(player: Player, row: Row, point: Point, act: () => void) => HTMLButtonElement}
 */
export function buttonOfPoint(player, row, point, act) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "segment" });
  button.title = describePoint(player, point);
  button.textContent = player.data.palette[point.label].label;
  button.setAttribute("aria-label", `${row.edits ? "Select" : "Go to"} ${button.title}`);
  const x = ((point.time - player.view.from) * player.width) / (player.view.to - player.view.from);
  const left = centre(x, player.width) - HALF_PX;
  const top = row.top + row.height - FOOT_PX - HALF_PX;
  button.style.cssText = `left:${left}px;top:${top}px;width:${2 * HALF_PX}px;height:${2 * HALF_PX}px`;
  button.onclick = (event) => {
    if (event.detail === 0) act(); // by keyboard; the mouse is the lane's
  };
  return button;
}
