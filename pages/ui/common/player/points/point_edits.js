// Points set, moved, renamed and removed, by key and by mouse. What a key does to a segment is in edit.js.
/** @import { Hold, Player, Point, Row } from "../types" */
import { drawActive, redraw } from "../draw.js";
import {
  copyToActive, displayName, labelDown, nudge, relabel, remove, select, send, setBrush, startHere, stopHere,
} from "../edit.js";
import { selectedSegment } from "../lanes.js";
import { announce } from "../playback.js";
import { canEdit, segmentAt } from "../rows.js";
import { seek, seekFrame } from "../seek.js";
import { describePoint } from "./point_drawing.js";
import { frameOfPoint, pointAt, pointsOnFrame, selectedPoint } from "./point_rows.js";

/** Whether a label is given as points. @param {Player} player @param {number} label */
export const isPoint = (player, label) => player.data.points.includes(label);

/** @param {Player} player @param {Row} row @param {Point | null} point */
export function selectPoint(player, row, point) {
  if (!point) return select(player, row, null);
  player.selected = { row, at: point.time, mark: displayName(player, point.label) };
  if (row.edits) player.active = row;
  announce(player, describePoint(player, point) + (row.name ? `, ${row.name}` : ""));
  drawActive(player);
  redraw(player);
}

/** A point was clicked, or its button pressed. @param {Player} player @param {Row} row @param {Point} point */
export function selectPointAndGo(player, row, point) {
  player.chosenRow = row;
  selectPoint(player, row, point);
  if (player.table) seekFrame(player, frameOfPoint(player, point));
  else seek(player, point.time);
}

/**
 * Do something to the chosen point; false where none is chosen.
 * @param {Player} player
 * @param {(row: Row, point: Point) => void} act
 */
function withSelectedPoint(player, act) {
  const point = selectedPoint(player);
  const row = player.selected?.row;
  if (!point || !row) return false;
  if (row.edits) act(row, point);
  else announce(player, `${row.name} cannot be edited. Press Enter to copy this point to ${player.active?.name || "your lane"}.`);
  return true;
}

/** The key of a label went down, or its button was pressed. @param {Player} player @param {number} label @param {string} key */
export function pressLabel(player, label, key) {
  if (!isPoint(player, label)) return labelDown(player, label, key);
  const point = player.video.paused && player.selected?.row.edits ? selectedPoint(player) : null;
  if (point && point.label !== label && player.selected) relabelPoint(player, player.selected.row, point, label);
  else togglePoint(player, label);
}

/** The button of a label was pressed. @param {Player} player @param {number} label */
export function pressChip(player, label) {
  if (isPoint(player, label)) return pressLabel(player, label, "");
  setBrush(player, label);
  if (player.selected?.row.edits && selectedSegment(player)) relabel(player, label);
}

/** Set a point on this frame, or take away the one of that label on it. @param {Player} player @param {number} label */
function togglePoint(player, label) {
  const { active: row, frame, table } = player;
  if (!row || !table) return;
  const point = pointsOnFrame(player, row, frame).find((other) => other.label === label);
  if (point) return removePoint(player, row, point);
  const mark = displayName(player, label);
  send(player, "point", row, { start: frame, stop: frame + 1, label: mark });
  const set = pointAt(player, row, table.starts[frame], mark);
  if (set) announce(player, describePoint(player, set) + (row.name ? `, ${row.name}` : ""));
}

/** @param {Player} player @param {Row} row @param {Point} point */
function removePoint(player, row, point) {
  const mark = displayName(player, point.label);
  send(player, "delete", row, { at: point.time, mark });
  if (player.selected?.mark === mark) select(player, row, null);
  announce(player, `Point “${mark}” deleted`);
}

/** @type {(player: Player, row: Row, point: Point, label: number) => void} */
function relabelPoint(player, row, point, label) {
  const [mark, wanted] = [displayName(player, point.label), displayName(player, label)];
  send(player, "label", row, { at: point.time, mark, label: wanted });
  selectPoint(player, row, pointAt(player, row, point.time, wanted));
}

/** Let a point lie on another frame. @type {(player: Player, row: Row, point: Point, frame: number) => void} */
function movePoint(player, row, point, frame) {
  const { table } = player;
  if (!table || frame < 0 || frame >= table.count) return announce(player, "The end of the clip is in the way");
  if (frame === frameOfPoint(player, point)) return;
  const mark = displayName(player, point.label);
  send(player, "change", row, { at: point.time, mark, start: frame, stop: frame + 1 });
  selectPoint(player, row, pointAt(player, row, table.starts[frame], mark));
  seekFrame(player, frame);
}

/** Delete the chosen point or segment, or what lies at the playhead: a segment before a point. @param {Player} player */
export function removeSelected(player) {
  if (withSelectedPoint(player, (row, point) => removePoint(player, row, point))) return;
  const { active, table, frame } = player;
  const last = active && pointsOnFrame(player, active, frame).at(-1);
  const segment = selectedSegment(player) || (active && table && segmentAt(active, table.inside(frame)));
  if (active?.edits && last && !segment) removePoint(player, active, last);
  else remove(player);
}

/** Move the ends of a segment by frames, or the chosen point. @param {Player} player @param {number} start @param {number} stop */
export function nudgeSelected(player, start, stop) {
  const move = (/** @type {Row} */ row, /** @type {Point} */ point) =>
    movePoint(player, row, point, frameOfPoint(player, point) + start + stop);
  if (!withSelectedPoint(player, move)) nudge(player, start, stop);
}

/** Start or end a segment here, or move the chosen point here. @param {Player} player @param {"start" | "stop"} end */
export function endHere(player, end) {
  if (withSelectedPoint(player, (row, point) => movePoint(player, row, point, player.frame))) return;
  if (end === "start") startHere(player);
  else stopHere(player);
}

/** Copy what is chosen in another lane into the active one; false where there is nothing. @param {Player} player */
export function copySelected(player) {
  const point = selectedPoint(player);
  const { active, selected } = player;
  if (!point || !active || !selected || selected.row.edits) return copyToActive(player);
  const frame = frameOfPoint(player, point);
  send(player, "point", active, { start: frame, stop: frame + 1, label: displayName(player, point.label) });
  announce(player, `Copied to ${active.name}`);
  return true;
}

// The mouse -------------------------------------------------------------------------------------------------------

/** What is shown while a point is dragged. @param {Player} player @param {Hold} hold @param {number} border */
export function dragPoint(player, hold, border) {
  const { point, row } = hold;
  if (!player.table || !point) return;
  const frame = Math.min(border, player.table.count - 1);
  player.preview = { row, start: frame, stop: frame + 1, label: point.label, point: true };
  seekFrame(player, frame);
}

/** A dragged point is let go. @param {Player} player @param {Hold} hold @param {number} frame */
export function dropPoint(player, { row, point }, frame) {
  const selected = point && selectedPoint(player) === point;
  if (point && canEdit(player)) movePoint(player, row, point, frame);
  if (!selected) select(player, row, null);
}
