// Labels drawn and mended. An edit is shown at once, sent at once, and kept in the outbox until the server's next lanes
// say that it has it. The mouse is in pointer.js.
/** @import { Edit, EditKind, Player, Row, Segment } from "./types" */
import { describe, drawActive, redraw } from "./draw.js";
import { selectedSegment } from "./lanes.js";
import { post } from "./outbox.js";
import { announce, showFrame } from "./playback.js";
import { apply, canEdit, NOTHING, segmentAt, sharesBorder, UNLABELLED } from "./rows.js";
import { seek, seekFrame } from "./seek.js";

export const IDLE = "nothing happening"; // a stretch of a lane of one's own that was looked at and has no label
const HOLD_MS = 300; // a key held for longer paints until it is let go; a tap, until the next tap

/** @param {Player} player @param {Row | null} row @param {Segment | null} segment */
export function select(player, row, segment) {
  player.selected = row && segment ? { row, at: middle(segment) } : null;
  if (row && segment) {
    if (row.edits) player.active = row;
    announce(player, describe(player, segment) + (row.name ? `, ${row.name}` : ""));
  }
  drawActive(player);
  redraw(player);
}

/** A segment was clicked, or its button pressed. @param {Player} player @param {Row} row @param {Segment} segment */
export function selectAndGo(player, row, segment) {
  player.chosenRow = row;
  select(player, row, segment);
  if (!row.edits || !canEdit(player)) seek(player, segment.start, true);
  else if (player.table) seekFrame(player, player.table.first(segment.start));
}

/**
 * Show an edit and send it. start, stop: borders between frames. start_s, stop_s: ends that stay where they are, which
 * need not be on a border.
 * @param {Player} player
 * @param {EditKind} kind
 * @param {Row} row
 * @param {Partial<Pick<Edit, "at" | "start" | "stop" | "label" | "start_s" | "stop_s" | "mark">>} details
 */
export function send(player, kind, row, details = {}) {
  const { at = 0, start = 0, stop = 0, label = "", start_s = null, stop_s = null, mark = "" } = details;
  const sender = { from: player.nonce, n: player.serial };
  const edit = { ...sender, kind, row: row.name, at, start, stop, label, start_s, stop_s, mark };
  const byServer = kind === "undo" || kind === "redo";
  if (!byServer && !apply(player, edit)) return;
  player.serial += 1;
  player.outbox.push(edit);
  post(player);
  player.version += 1;
  redraw(player);
  showFrame(player, player.frame, player.moment);
}

/** The name of a label as it is sent. @param {Player} player @param {number} label */
const labelOf = (player, label) => (label === NOTHING ? player.data.rest : player.data.palette[label].label);

/** The name of a label as it is shown. @param {Player} player @param {number} label */
export function displayName(player, label) {
  if (label === UNLABELLED) return "unlabelled";
  return label === NOTHING ? IDLE : labelOf(player, label);
}

/**
 * Paint from border to border with a label, with nothing, or make it unlabelled. What was painted is not selected, so
 * that the key of the next label does not rename it.
 * @type {(player: Player, row: Row, start: number, stop: number, label: number) => void}
 */
export function paint(player, row, start, stop, label) {
  if (stop <= start || !player.table) return;
  if (label === UNLABELLED) send(player, "unlabel", row, { start, stop });
  else send(player, "paint", row, { start, stop, label: labelOf(player, label) });
  select(player, row, null);
  const segment = segmentAt(row, player.table.inside(start));
  if (segment) announce(player, describe(player, segment) + (row.name ? `, ${row.name}` : ""));
}

/** @param {Segment} segment */
const middle = (segment) => (segment.start + segment.stop) / 2;

/** The borders between frames at which a segment starts and stops. @param {Player} player @param {Segment} segment */
export function bordersOf(player, segment) {
  const { table } = player;
  return table ? [table.first(segment.start), table.first(segment.stop)] : [0, 0];
}

/** The segment of a row at a frame. @param {Player} player @param {Row} row @param {number} frame */
const segmentAtFrame = (player, row, frame) => player.table && segmentAt(row, player.table.inside(frame));

/**
 * Do something to the chosen segment, or to the one at the playhead, of a lane of one's own.
 * @param {Player} player
 * @param {(row: Row, segment: Segment, index: number) => void} act
 */
function withSelected(player, act) {
  const selected = selectedSegment(player);
  const row = selected && player.selected ? player.selected.row : player.active;
  const segment = selected || (row && segmentAtFrame(player, row, player.frame));
  if (!segment || !row) return announce(player, "Select a segment first");
  if (!row.edits) {
    const own = player.active?.name || "your lane";
    return announce(player, `${row.name} cannot be edited. Press Enter to copy this segment to ${own}.`);
  }
  act(row, segment, row.segments.indexOf(segment));
}

/** @param {Player} player @param {number} label */
export function relabel(player, label) {
  withSelected(player, (row, segment) => {
    const [start, stop] = bordersOf(player, segment);
    if (label >= 0) send(player, "label", row, { at: middle(segment), label: labelOf(player, label) });
    else if (label === NOTHING) send(player, "delete", row, { at: middle(segment) });
    else send(player, "unlabel", row, { start, stop });
  });
}

/** @param {Player} player */
export const remove = (player) =>
  withSelected(player, (row, segment) => {
    send(player, "delete", row, { at: middle(segment) });
    select(player, row, null);
    announce(player, "Segment deleted");
  });

/** @param {Player} player */
export const split = (player) =>
  withSelected(player, (row, segment) => {
    const [start, stop] = bordersOf(player, segment);
    const { frame } = player;
    if (frame <= start || frame >= stop) return announce(player, "Move the playhead inside the segment to split it");
    send(player, "split", row, { at: middle(segment), start: frame, stop: frame });
    select(player, row, segmentAtFrame(player, row, frame));
  });

/** @param {Player} player */
export const merge = (player) =>
  withSelected(player, (row, segment, index) => {
    const next = row.segments[index + 1];
    if (!next) return announce(player, "There is no segment after this one");
    const [start, stop] = [bordersOf(player, segment)[0], bordersOf(player, next)[1]];
    send(player, "merge", row, { at: middle(segment), start, stop, start_s: segment.start, stop_s: next.stop });
    select(player, row, segmentAt(row, middle(segment)));
  });

/**
 * The range that a segment has between its neighbours, in borders.
 * @param {Player} player
 * @param {Row} row
 * @param {number} index
 */
export function freeRange(player, row, index) {
  const { table } = player;
  const [previous, next] = [row.segments[index - 1], row.segments[index + 1]];
  if (!table) return [0, 0];
  return [previous ? table.first(previous.stop) : 0, next ? table.at(next.start + 1e-6) : table.count];
}

/**
 * Let a segment run from border to border as far as its neighbours let it; an end that is not moved stays as it is.
 * @type {(player: Player, row: Row, index: number, start: number, stop: number) => void}
 */
export function change(player, row, index, start, stop) {
  const segment = row.segments[index];
  const [low, high] = freeRange(player, row, index);
  const [oldStart, oldStop] = bordersOf(player, segment);
  const newStart = start === oldStart ? start : Math.max(start, low);
  const newStop = stop === oldStop ? stop : Math.min(stop, high);
  const same = newStart === oldStart && newStop === oldStop;
  if (newStop <= newStart || same)
    return announce(player, "A neighbouring segment or the end of the clip is in the way");
  const start_s = newStart === oldStart ? segment.start : null;
  const stop_s = newStop === oldStop ? segment.stop : null;
  send(player, "change", row, { at: middle(segment), start: newStart, stop: newStop, start_s, stop_s });
  select(player, row, segmentAtFrame(player, row, newStart));
}

/** @param {Player} player */
export const startHere = (player) =>
  withSelected(player, (row, segment, index) => {
    change(player, row, index, player.frame, bordersOf(player, segment)[1]);
  });

/** @param {Player} player */
export const stopHere = (player) =>
  withSelected(player, (row, segment, index) => {
    change(player, row, index, bordersOf(player, segment)[0], player.frame + 1);
  });

/**
 * Move the start or the stop by frames; where a neighbour touches, the border that both share.
 * @param {Player} player
 * @param {number} start frames by which the start moves
 * @param {number} stop frames by which the stop moves
 */
export const nudge = (player, start, stop) =>
  withSelected(player, (row, segment, index) => {
    const [from, to] = bordersOf(player, segment);
    const first = start ? index - 1 : index;
    const [left, right] = [row.segments[first], row.segments[first + 1]];
    if (!sharesBorder(left, right)) return change(player, row, index, from + start, to + stop);
    moveBorder(player, row, first, bordersOf(player, left)[1] + start + stop);
    select(player, row, segmentAtFrame(player, row, start ? to - 1 : from));
  });

/**
 * Move the border that two touching segments share, never so far that one of them is gone.
 * @type {(player: Player, row: Row, index: number, border: number) => void}
 */
export function moveBorder(player, row, index, border) {
  const [segment, next] = [row.segments[index], row.segments[index + 1]];
  const [start, stop] = bordersOf(player, segment);
  if (border <= start || border >= bordersOf(player, next)[1] || border === stop) return;
  send(player, "border", row, { at: middle(segment), start: border, stop: border });
}

/** Copy the chosen segment of another lane into the active one; false where there is none. @param {Player} player */
export function copyToActive(player) {
  const segment = selectedSegment(player);
  if (!segment || player.selected?.row.edits || !player.active) return false;
  const [start, stop] = bordersOf(player, segment);
  paint(player, player.active, start, Math.max(stop, start + 1), segment.label);
  select(player, player.active, segmentAtFrame(player, player.active, start));
  announce(player, `Copied to ${player.active.name}`);
  return true;
}

/** @param {Player} player @param {"undo" | "redo"} kind */
export function history(player, kind) {
  if (!player.active) return;
  player.selected = null;
  send(player, kind, player.active);
  announce(player, kind === "undo" ? "Undone" : "Redone");
}

// Painting with a key ---------------------------------------------------------------------------------------------

/** The key of a label went down. @param {Player} player @param {number} label @param {string} key */
export function labelDown(player, label, key) {
  const { painting } = player;
  if (painting) {
    const same = painting.label === label;
    endPainting(player);
    if (same || player.video.paused) return;
  } else if (player.video.paused && player.selected?.row.edits && selectedSegment(player))
    return relabel(player, label);
  if (!player.active) return;
  const range = { from: player.frame, to: player.frame + 1 };
  const moved = !player.video.paused;
  player.painting = { label, key, ...range, since: performance.now(), latched: false, moved };
  setBrush(player, label);
  paintTo(player, player.frame);
}

/** A key came up. @param {Player} player @param {string} key */
export function labelUp(player, key) {
  const { painting } = player;
  if (!painting || painting.key !== key || painting.latched) return;
  const name = displayName(player, painting.label);
  if (!painting.moved) {
    player.painting = player.preview = null;
    redraw(player);
    return announce(player, `${name}: drag in your lane to draw it, or hold its key while the clip plays`);
  }
  if (performance.now() - painting.since >= HOLD_MS || player.video.paused) return endPainting(player);
  painting.latched = true;
  announce(player, `Painting ${name} until the next tap`);
}

/** What is being painted now reaches to this frame. @param {Player} player @param {number} frame */
export function paintTo(player, frame) {
  const { painting, active } = player;
  if (!painting || !active) return;
  if (frame !== painting.from) painting.moved = true;
  painting.to = frame >= painting.from ? frame + 1 : frame;
  const [start, stop] = painting.to > painting.from ? [painting.from, painting.to] : [painting.to, painting.from + 1];
  player.preview = { row: active, start, stop, label: painting.label };
  redraw(player);
}

/** @param {Player} player */
export function endPainting(player) {
  const { painting, preview } = player;
  player.painting = player.preview = null;
  if (painting?.moved && preview) {
    paint(player, preview.row, preview.start, preview.stop, painting.label);
    player.selected = null;
  }
  redraw(player);
}

/** Choose the label that the mouse draws. @param {Player} player @param {number} label */
export function setBrush(player, label) {
  player.brush = label;
  for (const chip of player.chips.querySelectorAll("button"))
    chip.setAttribute("aria-pressed", String(Number(chip.dataset.label) === label));
}
