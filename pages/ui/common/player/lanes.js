// The lanes on their canvas: ten thousand segments cost no more than what the screen has pixels.
/** @import { Area, Curve, Player, Row, Window } from "./types" */
import { contextOf, hatchOf, styleOf, surface, themeOf, write } from "./canvas.js";
import { drawPointPreview, drawPoints, drawSelectedPoint } from "./points/point_drawing.js";
import { firstEndingAfter, segmentAt, UNLABELLED } from "./rows.js";

/** @typedef {CanvasRenderingContext2D} Context */

/** The segment that is chosen. @param {Player} player */
export function selectedSegment(player) {
  return player.selected && !player.selected.mark && segmentAt(player.selected.row, player.selected.at);
}

/**
 * A row of segments; where they are many, a line of pixels instead.
 * @type {(player: Player, ctx: Context, row: Row, area: Area, window: Window) => void}
 */
function drawSegments(player, ctx, row, area, window) {
  const { from, to, width: end } = window;
  const { segments } = row;
  const first = firstEndingAfter(segments, from);
  const stop = firstEndingAfter(segments, to) + 1;
  if (stop - first > end / 4) return drawPixels(player, ctx, row, area, window, first);
  const scale = end / (to - from);
  const { background } = themeOf(player);
  for (let i = first; i < segments.length && segments[i].start < to; i += 1) {
    const segment = segments[i];
    const x = Math.max((segment.start - from) * scale, -2);
    const width = Math.max(Math.min((segment.stop - from) * scale, end + 2) - x, 1);
    const { fill, ink } = styleOf(player, row, segment);
    ctx.fillStyle = fill;
    ctx.fillRect(x, area.top, width, area.height);
    if (!area.text) continue;
    const { label, colour } = player.data.palette[segment.label];
    if (segment.confidence !== null && row.look === "label") {
      ctx.fillStyle = colour;
      ctx.fillRect(x, area.top + area.height - 3, width, 3);
    }
    if (width > 3) {
      ctx.fillStyle = background;
      ctx.fillRect(x + width - 1, area.top, 1, area.height);
    }
    const left = Math.max(x, 0);
    if (width > 30) write(ctx, label, left + 6, area.top + area.height / 2 + 4.5, x + width - left - 11, ink);
  }
}

/**
 * Each column of pixels takes the colour of the last segment in it.
 * @type {(player: Player, ctx: Context, row: Row, area: Area, window: Window, first: number) => void}
 */
function drawPixels(player, ctx, row, area, { from, to, width }, first) {
  const columns = Math.ceil(width);
  const image = new ImageData(columns, 1);
  const pixels = new Uint32Array(image.data.buffer);
  const scale = width / (to - from);
  for (let i = first; i < row.segments.length && row.segments[i].start < to; i += 1) {
    const segment = row.segments[i];
    const left = Math.max(Math.round((segment.start - from) * scale), 0);
    const right = Math.max(Math.round((segment.stop - from) * scale), left + 1);
    pixels.fill(styleOf(player, row, segment).packed, left, right);
  }
  const line = (player.line ??= document.createElement("canvas"));
  if (line.width !== columns) Object.assign(line, { width: columns, height: 1 });
  contextOf(line).putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(line, 0, 0, columns, 1, 0, area.top, columns, area.height);
}

/** @type {(player: Player, ctx: Context, row: Row, area: Area, window: Window) => void} */
function drawUnseen(player, ctx, row, area, { from, to, width }) {
  if (!row.seen) return;
  const scale = width / (to - from);
  const ends = [0, ...row.seen.flat(), player.data.duration_s];
  for (let i = 0; i < ends.length; i += 2) {
    const [start, stop] = [Math.max(ends[i], from), Math.min(ends[i + 1], to)];
    if (stop - start <= 1e-6) continue;
    ctx.fillStyle = hatchOf(player, ctx);
    ctx.fillRect((start - from) * scale, area.top, (stop - start) * scale, area.height);
  }
}

/**
 * The index of the first of sorted times that is not before `seconds`.
 * @param {Float32Array} times
 * @param {number} seconds
 */
function firstFrom(times, seconds) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @type {(player: Player, ctx: Context, row: Row, area: Area, window: Window) => void} */
function drawCurves(player, ctx, row, area, window) {
  ctx.lineWidth = area.text ? 1.6 : 1;
  for (const curve of row.curves) drawCurve(ctx, curve, area, window);
  if (area.text) nameCurves(player, ctx, row, area);
}

/**
 * Of many values in one column of pixels the first, the least, the greatest and the last are drawn.
 * @type {(ctx: Context, curve: Curve, area: Area, window: Window) => void}
 */
function drawCurve(ctx, { times, values, colour }, area, { from, to, width }) {
  const scale = width / (to - from);
  const bottom = area.top + area.height - 2;
  const reach = area.height - (area.text ? 20 : 4); // above are the names
  ctx.strokeStyle = colour;
  ctx.beginPath();
  for (let i = Math.max(firstFrom(times, from) - 1, 0), stop; i < times.length; i = stop) {
    const column = Math.floor((times[i] - from) * scale);
    let [least, greatest] = [values[i], values[i]];
    for (stop = i + 1; stop < times.length && Math.floor((times[stop] - from) * scale) === column; stop += 1) {
      if (values[stop] < least) least = values[stop];
      else if (values[stop] > greatest) greatest = values[stop];
    }
    const x = (times[i] - from) * scale;
    const kept = stop - i > 2 ? [values[i], least, greatest, values[stop - 1]] : values.subarray(i, stop);
    for (const value of kept) ctx.lineTo(x, bottom - (value / 255) * reach);
    if (times[i] > to) break;
  }
  ctx.stroke();
}

/** @type {(player: Player, ctx: Context, row: Row, area: Area) => void} */
function nameCurves(player, ctx, row, area) {
  let x = 6;
  for (const { name, colour } of row.curves) {
    ctx.fillStyle = colour;
    ctx.fillRect(x, area.top + 5, 9, 9);
    ctx.fillStyle = themeOf(player).text;
    ctx.fillText(name, x + 13, area.top + 14);
    x += ctx.measureText(name).width + 28;
  }
}

/** The value of a curve nearest to a time, 0 to 1. @param {Curve} curve @param {number} seconds */
export function valueAt({ times, values }, seconds) {
  const next = Math.min(firstFrom(times, seconds), times.length - 1);
  const nearest = next && seconds - times[next - 1] < times[next] - seconds ? next - 1 : next;
  return values[nearest] / 255;
}

/**
 * What would be drawn if the mouse or the key were released now.
 * @param {Player} player
 * @param {Context} ctx
 * @param {Row} row
 */
function drawPreview(player, ctx, row) {
  const { preview, view, table } = player;
  if (!preview || preview.row !== row || !table) return;
  const scale = player.width / (view.to - view.from);
  const [left, right] = [preview.start, preview.stop].map((border) => (table.starts[border] - view.from) * scale);
  if (preview.point) return drawPointPreview(player, ctx, row, left);
  const empty = preview.label === UNLABELLED ? hatchOf(player, ctx) : themeOf(player).background;
  ctx.fillStyle = player.data.palette[preview.label]?.colour ?? empty;
  ctx.globalAlpha = 0.85;
  ctx.fillRect(left, row.top, Math.max(right - left, 2), row.height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = themeOf(player).text;
  ctx.lineWidth = 2;
  ctx.setLineDash([4, 3]);
  ctx.strokeRect(left + 1, row.top + 1, Math.max(right - left - 2, 1), row.height - 2);
  ctx.setLineDash([]);
}

/** @param {Player} player @param {Context} ctx */
function drawSelected(player, ctx) {
  const segment = selectedSegment(player);
  if (!segment || !player.selected) return;
  const { top, height } = player.selected.row;
  const scale = player.width / (player.view.to - player.view.from);
  const left = Math.max((segment.start - player.view.from) * scale, -4);
  const right = Math.min((segment.stop - player.view.from) * scale, player.width + 4);
  ctx.strokeStyle = themeOf(player).text;
  ctx.lineWidth = 2.5;
  ctx.strokeRect(left + 1.25, top + 1.25, Math.max(right - left - 2.5, 1), height - 2.5);
}

/** Where frames are wide enough, their borders are drawn. @param {Player} player @param {Context} ctx */
function drawFrames(player, ctx) {
  const { table, view, width, height } = player;
  const scale = width / (view.to - view.from);
  if (!table || (scale * table.starts[table.count]) / table.count < 9) return;
  ctx.fillStyle = themeOf(player).text;
  ctx.globalAlpha = 0.14;
  for (let i = table.at(view.from); i <= table.count && table.starts[i] <= view.to; i += 1)
    ctx.fillRect((table.starts[i] - view.from) * scale - 0.5, 0, 1, height);
  ctx.globalAlpha = 1;
}

/**
 * A row in an area, without what is chosen or being drawn in it.
 * @type {(player: Player, ctx: Context, row: Row, area: Area, window: Window) => void}
 */
export function drawRow(player, ctx, row, area, window) {
  drawUnseen(player, ctx, row, area, window);
  if (row.curves.length) drawCurves(player, ctx, row, area, window);
  else drawSegments(player, ctx, row, area, window);
  drawPoints(player, ctx, row, area, window);
}

/** @param {Player} player */
export function drawLanes(player) {
  const ctx = surface(player.lanes, player.width, player.height);
  const { secondary, border, font } = themeOf(player);
  const window = { ...player.view, width: player.width };
  ctx.font = `600 12.5px ${font}`;
  for (const row of player.rows) {
    ctx.fillStyle = secondary;
    ctx.fillRect(0, row.top, player.width, row.height);
    drawRow(player, ctx, row, { top: row.top, height: row.height, text: true }, window);
    ctx.fillStyle = border;
    ctx.fillRect(0, row.top + row.height, player.width, 1);
    drawPreview(player, ctx, row);
  }
  drawFrames(player, ctx);
  drawSelected(player, ctx);
  drawSelectedPoint(player, ctx);
}
