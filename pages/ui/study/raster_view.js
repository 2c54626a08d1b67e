// Which part of the raster is seen, and what lies under a point of it.
/** @import { Line, Raster } from "./raster_types" */
import { clock } from "../common/player/formatting.js";

export const AXIS_PX = 24;
const MOST_PX = 420; // height of the canvas
const HEAD_PX = 20; // of the name of a group
const NAMED_PX = 11; // rows of this height carry the name of their clip
const LEAST_S = 0.2; // shown at most this near
const DAY_S = 86400;

/** @param {string} text base64 */
function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

/** Take the numbers out of the texts in which they travel. @param {Raster} raster */
export function unpack(raster) {
  const { data } = raster;
  raster.starts = new Uint32Array(bytes(data.starts));
  raster.from = new Float32Array(bytes(data.from));
  raster.to = new Float32Array(bytes(data.to));
  raster.label = new Uint16Array(bytes(data.label));
  const count = data.rows.length;
  raster.rowPx = count <= 16 ? 20 : count <= 32 ? 13 : count <= 100 ? 6 : 3;
}

/** Where 0 of the time axis lies in each row. @param {Raster} raster */
export function align(raster) {
  const kind = raster.align.slice(0, raster.align.indexOf(":"));
  const name = raster.align.slice(raster.align.indexOf(":") + 1);
  const { rows, clocks, labels } = raster.data;
  const wanted = labels.findIndex(({ label }) => label === name);
  raster.zero = rows.map((_, row) => {
    if (kind === "start") return 0;
    if (kind === "clock") return clocks[name][row] === null ? null : -Number(clocks[name][row]);
    for (let at = raster.starts[row]; at < raster.starts[row + 1]; at += 1)
      if (raster.label[at] === wanted) return raster.from[at];
    return null;
  });
  let from = Infinity;
  let to = -Infinity;
  raster.zero.forEach((zero, row) => {
    if (zero === null) return;
    from = Math.min(from, -zero);
    to = Math.max(to, rows[row].end - zero);
  });
  raster.extent = from < to ? { from, to } : { from: 0, to: 1 };
}

/** Place the rows below each other, with a head where a group begins. @param {Raster} raster */
export function lay(raster) {
  /** @type {Line[]} */
  const lines = [];
  const counts = new Map();
  for (const { group } of raster.data.rows) counts.set(group, (counts.get(group) ?? 0) + 1);
  let top = 0;
  raster.data.rows.forEach(({ name, group }, row) => {
    if (group && (row === 0 || raster.data.rows[row - 1].group !== group)) {
      lines.push({ row: -1, text: `${group} (${counts.get(group)})`, top, height: HEAD_PX });
      top += HEAD_PX;
    }
    lines.push({ row, text: name, top, height: raster.rowPx });
    top += raster.rowPx;
  });
  raster.lines = lines;
  raster.total = top;
  raster.width = raster.box.clientWidth || 600;
  raster.left = raster.rowPx >= NAMED_PX ? Math.min(170, raster.width / 4) : 8;
  raster.height = Math.min(top, MOST_PX) + AXIS_PX;
  raster.canvas.style.height = `${raster.height}px`;
  pan(raster, 0, 0);
}

/** Show all of the time. @param {Raster} raster */
export function whole(raster) {
  raster.view = { ...raster.extent };
  raster.top = 0;
}

/** Move by pixels, within what there is. @param {Raster} raster @param {number} x @param {number} y */
export function pan(raster, x, y) {
  const { view, extent } = raster;
  const span = view.to - view.from;
  const shift = (x * span) / Math.max(raster.width - raster.left, 1);
  const from = Math.max(Math.min(view.from + shift, extent.to - span), extent.from);
  raster.view = { from, to: from + span };
  raster.top = Math.max(0, Math.min(raster.top + y, raster.total - (raster.height - AXIS_PX)));
}

/** Show so many times as much time, around a place. @param {Raster} raster @param {number} factor @param {number} [x] */
export function zoom(raster, factor, x) {
  const { view, extent } = raster;
  const width = Math.max(raster.width - raster.left, 1);
  const share = x === undefined ? 0.5 : Math.min(Math.max((x - raster.left) / width, 0), 1);
  const span = Math.min(Math.max((view.to - view.from) * factor, LEAST_S), extent.to - extent.from);
  const from = view.from + share * (view.to - view.from - span);
  raster.view = { from, to: from + span };
  pan(raster, 0, 0);
}

/** The pixel of a moment of the time axis. @param {Raster} raster @param {number} moment */
export function placeOf(raster, moment) {
  const { view, left, width } = raster;
  return left + ((moment - view.from) / (view.to - view.from)) * (width - left);
}

/** The line at a height in pixels. @param {Raster} raster @param {number} y */
export function lineAt(raster, y) {
  const height = y + raster.top;
  let low = 0;
  let high = raster.lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (raster.lines[middle].top + raster.lines[middle].height <= height) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A time of the axis in words. @param {Raster} raster @param {number} moment @param {number} decimals */
export function named(raster, moment, decimals) {
  if (raster.align.startsWith("clock:")) {
    const day = ((moment % DAY_S) + DAY_S) % DAY_S;
    const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, "0");
    return `${two(day / 3600)}:${two((day / 60) % 60)}${decimals >= 0 ? `:${two(day % 60)}` : ""}`;
  }
  return moment < 0 ? `−${clock(-moment, Math.max(decimals, 0))}` : clock(moment, Math.max(decimals, 0));
}

/**
 * The clip and the moment under a point, with its segment in words; null where there is none.
 * @param {Raster} raster
 * @param {number} x
 * @param {number} y
 */
export function hit(raster, x, y) {
  const line = raster.lines[lineAt(raster, y)];
  if (!line || line.row < 0 || y > raster.height - AXIS_PX || y < 0) return null;
  const { id, name, end, learned } = raster.data.rows[line.row];
  const zero = raster.zero[line.row];
  if (zero === null) return { clip: id, at: 0, text: `${name}: not aligned` };
  const { view, left, width } = raster;
  const share = Math.max((x - left) / (width - left), 0);
  const at = Math.min(Math.max(view.from + share * (view.to - view.from) + zero, 0), end);
  const near = (2 * (view.to - view.from)) / (width - left);
  let text = `${name}, ${clock(at, 1)}`;
  for (let i = raster.starts[line.row]; i < raster.starts[line.row + 1]; i += 1) {
    const point = raster.from[i] === raster.to[i];
    if (point ? Math.abs(raster.from[i] - at) > near : raster.from[i] > at || raster.to[i] <= at) continue;
    const { label } = raster.data.labels[raster.label[i]];
    text = `${name}: ${label}, ${clock(raster.from[i], 1)}${point ? "" : ` to ${clock(raster.to[i], 1)}`}`;
  }
  return { clip: id, at, text: learned ? `${text} (the model was trained on this clip)` : text };
}
