// Which part of the raster is seen, and what lies under a point of it.
/** @import { Line, Raster } from "./raster_types" */
import { clock } from "../common/player/formatting.js";

export const AXIS_PX = 24;
const MOST_PX = 420; // height of the canvas
const HEAD_PX = 20; // of the name of a group
const NAMED_PX = 11; // rows of this height carry the name of their clip
const LEAST_S = 0.2; // shown at most this near
const DAY_S = 86400;
const AROUND_S = 10; // before and after each event, at first

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
}

/** The starts of a label in a clip. @param {Raster} raster @param {number} row @param {number} wanted */
function startsIn(raster, row, wanted) {
  const times = [];
  for (let at = raster.starts[row]; at < raster.starts[row + 1]; at += 1)
    if (raster.label[at] === wanted) times.push(raster.from[at]);
  return times;
}

/**
 * A row for each clip, or for each bout or point of a label in each clip, and where 0 of the time axis lies in it.
 * @param {Raster} raster
 */
export function align(raster) {
  const kind = raster.align.slice(0, raster.align.indexOf(":"));
  const name = raster.align.slice(raster.align.indexOf(":") + 1);
  const { rows, clocks, labels } = raster.data;
  const wanted = labels.findIndex(({ label }) => label === name);
  const count = raster.entries.length;
  raster.entries = rows.flatMap((own, row) => {
    const times = kind === "bout" || kind === "each" ? startsIn(raster, row, wanted) : [];
    if (kind === "each") return times.map((zero, nth) => ({ row, zero, name: `${own.name}, ${nth + 1}` }));
    const begun = kind === "clock" ? clocks[name][row] : null;
    const zeros = { start: 0, clock: begun === null ? null : -begun, bout: times[0] ?? null };
    return [{ row, zero: zeros[/** @type {"start" | "clock" | "bout"} */ (kind)], name: own.name }];
  });
  if (raster.entries.length !== count) fitRows(raster);
  raster.active = Math.min(raster.active, Math.max(raster.entries.length - 1, 0));
  let [from, to] = [Infinity, -Infinity];
  for (const { row, zero } of raster.entries) {
    if (zero === null) continue;
    from = Math.min(from, -zero);
    to = Math.max(to, rows[row].end - zero);
  }
  raster.extent = from < to ? { from, to } : { from: 0, to: 1 };
}

/** Rows as high as their number allows. @param {Raster} raster */
function fitRows(raster) {
  const count = raster.entries.length;
  raster.rowPx = count <= 16 ? 20 : count <= 32 ? 13 : count <= 100 ? 6 : 3;
}

/** What is seen at first: all of the time, or the seconds around each event. @param {Raster} raster */
export function begin(raster) {
  whole(raster);
  if (!raster.align.startsWith("each:")) return;
  const { from, to } = raster.extent;
  raster.view = { from: Math.max(from, -AROUND_S), to: Math.min(to, AROUND_S) };
}

/** Place the rows below each other, with a head where a group begins. @param {Raster} raster */
export function lay(raster) {
  /** @type {Line[]} */
  const lines = [];
  const counts = new Map();
  const groups = raster.entries.map(({ row }) => raster.data.rows[row].group);
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1);
  let top = 0;
  raster.entries.forEach(({ name }, entry) => {
    const group = groups[entry];
    if (group && groups[entry - 1] !== group) {
      lines.push({ entry: -1, text: `${group} (${counts.get(group)})`, top, height: HEAD_PX });
      top += HEAD_PX;
    }
    lines.push({ entry, text: name, top, height: raster.rowPx });
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
  if (!line || line.entry < 0 || y > raster.height - AXIS_PX || y < 0) return null;
  const { row, zero } = raster.entries[line.entry];
  const { id, name, end, learned } = raster.data.rows[row];
  if (zero === null) return { clip: id, at: 0, text: `${name}: not aligned` };
  const { view, left, width } = raster;
  const share = Math.max((x - left) / (width - left), 0);
  const at = Math.min(Math.max(view.from + share * (view.to - view.from) + zero, 0), end);
  const near = (2 * (view.to - view.from)) / (width - left);
  let text = `${name}, ${clock(at, 1)}`;
  for (let i = raster.starts[row]; i < raster.starts[row + 1]; i += 1) {
    const point = raster.from[i] === raster.to[i];
    if (point ? Math.abs(raster.from[i] - at) > near : raster.from[i] > at || raster.to[i] <= at) continue;
    const { label } = raster.data.labels[raster.label[i]];
    text = `${name}: ${label}, ${clock(raster.from[i], 1)}${point ? "" : ` to ${clock(raster.to[i], 1)}`}`;
  }
  return { clip: id, at, text: learned ? `${text} (the model was trained on this clip)` : text };
}
