// Points as marks on their lane: a line at the moment, and a diamond to take hold of.
/** @import { Area, Player, Point, Row, Window } from "../types" */
import { styleOf, themeOf, traceDiamond } from "../canvas.js";
import { clock, percent } from "../formatting.js";
import { firstPointFrom, selectedPoint } from "./point_rows.js";

/** @typedef {CanvasRenderingContext2D} Context */

const HALF_PX = 6; // half a diamond
const FOOT_PX = 9; // from the bottom of a lane to the middle of its diamonds
const STEP_PX = 11; // up to the diamond of the next point on the same frame, where the lane has room
const CROWDED_PX = 4; // points that lie nearer to each other on average are lines only
const REACH_PX = 7; // a point is taken hold of from so far

/**
 * The points of a row in view, each with the middle of its diamond: those of one moment stand above each other.
 * @type {(row: Row, area: Pick<Area, "top" | "height">, window: Window) => { point: Point, x: number, y: number }[]}
 */
function inView({ points }, { top, height }, { from, to, width }) {
  const first = firstPointFrom(points, from - 1e-9);
  const last = firstPointFrom(points, to + 1e-9);
  const scale = width / (to - from);
  const most = Math.max(Math.floor((height - FOOT_PX - HALF_PX) / STEP_PX), 0);
  let [before, level] = [-Infinity, 0];
  return points.slice(first, last).map((point) => {
    const x = (point.time - from) * scale;
    level = x - before < 1 ? Math.min(level + 1, most) : 0;
    before = x;
    return { point, x, y: top + height - FOOT_PX - level * STEP_PX };
  });
}

/** The points of a row in view of the lanes. @param {Player} player @param {Row} row */
const inLane = (player, row) => inView(row, row, { ...player.view, width: player.width });

/** Diamonds stay whole at the ends of a lane. @param {number} x @param {number} width */
const centre = (x, width) => Math.min(Math.max(x, HALF_PX), width - HALF_PX);

/** @type {(player: Player, ctx: Context, row: Row, area: Area, window: Window) => void} */
export function drawPoints(player, ctx, row, area, window) {
  const visible = inView(row, area, window);
  const crowded = !area.text || visible.length > window.width / CROWDED_PX;
  let drawnAt = -1;
  for (const { point, x, y } of visible) {
    if (crowded && Math.round(x) === drawnAt) continue;
    drawnAt = Math.round(x);
    drawPoint(player, ctx, area, { x, y, width: window.width, crowded, ...styleOf(player, row, point) });
  }
}

/**
 * @param {Player} player
 * @param {Context} ctx
 * @param {Area} area
 * @param {{ x: number, y: number, width: number, crowded: boolean, fill: string }} mark
 */
function drawPoint(player, ctx, { top, height }, { x, y, width, crowded, fill }) {
  ctx.fillStyle = fill;
  if (crowded) return ctx.fillRect(Math.min(Math.max(x - 0.5, 0), width - 1), top, 1, height);
  const { background } = themeOf(player);
  const below = y < top + height - FOOT_PX; // the line of the point beneath stays
  ctx.fillStyle = background;
  if (!below) ctx.fillRect(x - 2, top, 4, height);
  traceDiamond(ctx, centre(x, width), y, HALF_PX + 1.5);
  ctx.fill();
  ctx.fillStyle = fill;
  if (!below) ctx.fillRect(x - 1, top, 2, height);
  traceDiamond(ctx, centre(x, width), y, HALF_PX);
  ctx.fill();
}

/** Where the point would be if it were let go now. @type {(player: Player, ctx: Context, row: Row, x: number) => void} */
export function drawPointPreview(player, ctx, row, x) {
  const { preview, width } = player;
  const fill = player.data.palette[preview?.label ?? -1]?.colour ?? themeOf(player).text;
  const y = row.top + row.height - FOOT_PX;
  drawPoint(player, ctx, { ...row, text: true }, { x, y, width, crowded: false, fill });
}

/** @param {Player} player @param {Context} ctx */
export function drawSelectedPoint(player, ctx) {
  const point = selectedPoint(player);
  const mark = point && player.selected && inLane(player, player.selected.row).find((other) => other.point === point);
  if (!mark) return;
  ctx.strokeStyle = themeOf(player).text;
  ctx.lineWidth = 2.5;
  traceDiamond(ctx, centre(mark.x, player.width), mark.y, HALF_PX + 2.5);
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
  /** @type {{ point: Point, distance: number } | null} */
  let best = null;
  for (const mark of row.points.length ? inLane(player, row) : []) {
    const [across, down] = [Math.abs(centre(mark.x, player.width) - x), Math.abs(mark.y - y)];
    const distance = Math.hypot(across, down);
    if (across <= reach && down <= reach && (!best || distance <= best.distance)) best = { point: mark.point, distance };
  }
  return best?.point ?? null;
}

/** How many points of a row are in view. @param {Player} player @param {Row} row */
export const countVisible = (player, row) => inLane(player, row).length;

/**
 * The points in view as buttons, for keyboards and screen readers. act: what a press does.
 * @type {(player: Player, row: Row, act: (point: Point) => void) => HTMLButtonElement[]}
 */
export const buttonsOfPoints = (player, row, act) =>
  inLane(player, row).map(({ point, x, y }) => buttonOfPoint(player, row, point, { x, y, act }));

/** @type {(player: Player, row: Row, point: Point, mark: { x: number, y: number, act: (point: Point) => void }) => HTMLButtonElement} */
function buttonOfPoint(player, row, point, { x, y, act }) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "segment" });
  button.title = describePoint(player, point);
  button.textContent = player.data.palette[point.label].label;
  button.setAttribute("aria-label", `${row.edits ? "Select" : "Go to"} ${button.title}`);
  const left = centre(x, player.width) - HALF_PX;
  const top = y - HALF_PX;
  button.style.cssText = `left:${left}px;top:${top}px;width:${2 * HALF_PX}px;height:${2 * HALF_PX}px`;
  button.onclick = (event) => {
    if (event.detail === 0) act(point); // by keyboard; the mouse is the lane's
  };
  return button;
}
