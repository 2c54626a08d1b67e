// The points of a lane as they came from the server, and what an edit makes of them.
/** @import { Edit, EditKind, PackedRow, Player, Point, PointChange, Row } from "../types" */
import { bytesOf, NO_CONFIDENCE, NOTHING } from "../rows.js";

const SAME_S = 2e-6; // a point that comes so near to a moment is at it, as on the server

/** @param {PackedRow} packed @returns {Point[]} */
export function pointsOf({ pointTimes, pointLabels, pointConfidences }) {
  const labels = new Uint16Array(bytesOf(pointLabels).buffer);
  const confidences = bytesOf(pointConfidences);
  return Array.from(new Float64Array(bytesOf(pointTimes).buffer), (time, i) => {
    const confidence = confidences[i] === NO_CONFIDENCE ? null : confidences[i] / 100;
    return { time, label: labels[i], confidence };
  });
}

/**
 * The index of the point of that label at a time, -1 where there is none.
 * @type {(player: Player, points: Point[], time: number, mark: string) => number}
 */
const indexOfPoint = (player, points, time, mark) =>
  points.findIndex(
    (point) => Math.abs(point.time - time) <= SAME_S && player.data.palette[point.label].label === mark,
  );

/** @type {(player: Player, row: Row, time: number, mark: string) => Point | null} */
export const pointAt = (player, row, time, mark) => row.points[indexOfPoint(player, row.points, time, mark)] ?? null;

/** The point that is chosen. @param {Player} player */
export function selectedPoint(player) {
  const { selected } = player;
  return selected?.mark ? pointAt(player, selected.row, selected.at, selected.mark) : null;
}

/**
 * The index of the first point that is not before a time.
 * @param {Point[]} points sorted
 * @param {number} seconds
 */
export function firstPointFrom(points, seconds) {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].time < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The frame on which a point lies. @param {Player} player @param {Point} point */
export const frameOfPoint = ({ table }, point) => (table ? table.at(point.time + SAME_S) : 0);

/** The points of a row on a frame. @param {Player} player @param {Row} row @param {number} frame @returns {Point[]} */
export function pointsOnFrame(player, row, frame) {
  const { table } = player;
  if (!table) return [];
  const first = firstPointFrom(row.points, table.starts[frame] - SAME_S);
  const last = frame === table.count - 1 ? row.points.length : firstPointFrom(row.points, table.starts[frame + 1]);
  return row.points.slice(first, last).filter((point) => frameOfPoint(player, point) === frame);
}

/** @param {Point[]} points @param {Point} point */
function withPoint(points, point) {
  const next = points.findIndex(({ time }) => time > point.time);
  return points.toSpliced(next < 0 ? points.length : next, 0, point);
}

/** Set a point; one of a label at a moment is enough. @type {(player: Player, row: Row, change: PointChange) => void} */
export function addPoint(player, row, { start, label, mark }) {
  if (pointAt(player, row, start, mark)) return;
  row.points = withPoint(row.points, { time: start, label, confidence: null });
}

/**
 * What each kind of edit does to a point, as on the server (core/workflows/annotation/edits.py).
 * @type {Partial<Record<EditKind, (player: Player, row: Row, index: number, change: PointChange) => void>>}
 */
const POINT_CHANGES = {
  change(player, row, index, { start, mark }) {
    const left = row.points.toSpliced(index, 1);
    const there = indexOfPoint(player, left, start, mark) >= 0;
    row.points = there ? left : withPoint(left, { ...row.points[index], time: start, confidence: null });
  },
  label(player, row, index, { label }) {
    const { time, label: before } = row.points[index];
    const there = label !== before && pointAt(player, row, time, player.data.palette[label]?.label ?? "");
    const named = { ...row.points[index], label, confidence: null };
    if (there || label === NOTHING) row.points = row.points.toSpliced(index, 1);
    else row.points = row.points.toSpliced(index, 1, named);
  },
  delete(_, row, index) {
    row.points = row.points.toSpliced(index, 1);
  },
};

/**
 * Apply an edit to the point that it means; false where there is none.
 * @type {(player: Player, row: Row, edit: Edit, change: PointChange) => boolean}
 */
export function applyToPoint(player, row, edit, change) {
  const index = indexOfPoint(player, row.points, edit.at, change.mark);
  const make = POINT_CHANGES[edit.kind];
  if (index < 0 || !make) return false;
  make(player, row, index, change);
  return true;
}
