// The mouse and fingers on the lanes: drawing, moving ends and segments, panning and zooming.
/** @import { Grip, Hold, Pinch, Player, Row, Segment } from "./types" */
import { describe, redraw, resize } from "./draw.js";
import { bordersOf, change, freeRange, moveBorder, paint, select, selectAndGo } from "./edit.js";
import { selectedSegment, valueAt } from "./lanes.js";
import { announce, setView, zoom } from "./playback.js";
import { describePoint, pointUnder } from "./points/point_drawing.js";
import { dragPoint, dropPoint, selectPointAndGo } from "./points/point_edits.js";
import { canEdit, firstEndingAfter, indexAt, segmentAt, sharesBorder } from "./rows.js";
import { seek, seekFrame } from "./seek.js";
import { clock, percent } from "./formatting.js";

/** @typedef {{ type: string, clientX: number, clientY: number }} Pointer */

const END_PX = 7; // an end of a segment is held from so far
const MAGNET_PX = 5; // borders snap to ends and to the playhead from so far
const CLICK_PX = 4; // a shorter move is a click

/** @param {Player} player @param {number} x */
export const timeAt = (player, x) => player.view.from + (x / player.width) * (player.view.to - player.view.from);

/** @param {Player} player @param {number} seconds */
const pixelsOf = (player, seconds) =>
  ((seconds - player.view.from) * player.width) / (player.view.to - player.view.from);

/** @param {Player} player @param {number} y @returns {Row | undefined} */
const rowAt = (player, y) => player.rows.find((row) => y < row.top + row.height + 1) || player.rows.at(-1);

/**
 * The border between frames at x, drawn to the playhead and to ends of segments that are near.
 * @param {Player} player
 * @param {number} x
 * @param {Segment} [besides] whose ends do not count
 */
export function snap(player, x, besides) {
  const { table, rows } = player;
  if (!table) return 0;
  const seconds = timeAt(player, x);
  const times = [player.moment];
  for (const row of rows) {
    const first = Math.max(firstEndingAfter(row.segments, seconds) - 1, 0);
    for (const segment of row.segments.slice(first, first + 3))
      if (segment !== besides) times.push(segment.start, segment.stop);
  }
  const distance = (/** @type {number} */ time) => Math.abs(pixelsOf(player, time) - x);
  const nearest = times.reduce((best, time) => (distance(time) < distance(best) ? time : best));
  return distance(nearest) <= MAGNET_PX ? table.first(nearest) : table.border(seconds);
}

/**
 * What lies at x in a lane that may be edited: an end of a segment, its body, or nothing.
 * @param {Player} player
 * @param {Row} row
 * @param {number} x
 * @param {boolean} touch
 * @returns {Grip}
 */
export function gripAt(player, row, x, touch) {
  const reach = touch ? 2 * END_PX : END_PX;
  const seconds = timeAt(player, x);
  const first = Math.max(firstEndingAfter(row.segments, seconds) - 1, 0);
  /** @type {(Grip & { distance: number }) | null} */
  let best = null;
  for (let index = first; index < Math.min(first + 3, row.segments.length); index += 1) {
    const segment = row.segments[index];
    const third = (pixelsOf(player, segment.stop) - pixelsOf(player, segment.start)) / 3;
    const inside = segment.start <= seconds && seconds < segment.stop;
    const limit = inside ? Math.min(reach, Math.max(third, 2)) : reach;
    for (const kind of /** @type {const} */ (["start", "stop"])) {
      const distance = Math.abs(pixelsOf(player, segment[kind]) - x);
      if (distance <= limit && (!best || distance < best.distance)) best = { kind, index, distance };
    }
  }
  return best || bodyAt(player, row, x);
}

/** @param {Player} player @param {Row} row @param {number} x @returns {Grip} */
function bodyAt(player, row, x) {
  const index = indexAt(row.segments, timeAt(player, x));
  return { kind: index < 0 ? "blank" : "body", index };
}

/** Where the pointer is in the lanes. @param {Player} player @param {Pointer} event */
function positionOf(player, event) {
  const frame = player.lane.getBoundingClientRect();
  return { x: event.clientX - frame.left, y: event.clientY - frame.top };
}

/** @param {Player} player @param {PointerEvent} event */
export function pointerDown(player, event) {
  const { x, y } = positionOf(player, event);
  player.pointers.set(event.pointerId, x);
  if (player.pointers.size === 2) return beginPinch(player);
  if (event.button === 1 || event.altKey) player.gesture = { kind: "pan", x, view: player.view, moved: false };
  else if (event.button === 0) beginHold(player, rowAt(player, y), { x, y }, event);
  else return;
  player.lane.setPointerCapture(event.pointerId);
}

/** @type {(player: Player, row: Row | undefined, at: { x: number, y: number }, event: PointerEvent) => void} */
function beginHold(player, row, { x, y }, event) {
  if (!row) return;
  const readOnly = !row.edits || !canEdit(player);
  const touch = event.pointerType === "touch";
  const point = pointUnder(player, row, x, y, touch);
  const grip = readOnly ? bodyAt(player, row, x) : gripAt(player, row, x, touch);
  const [segment, kind] = [row.segments[grip.index], point ? "point" : grip.kind];
  const hold = { row, segment, point, x, from: snap(player, x), alone: event.shiftKey, moved: false, shared: false };
  player.gesture = { kind, index: grip.index, readOnly, ...hold };
}

/** @param {Player} player @param {PointerEvent} event */
export function pointerMove(player, event) {
  const { x, y } = positionOf(player, event);
  const { gesture } = player;
  if (!gesture) return hover(player, x, y);
  if (player.pointers.has(event.pointerId)) player.pointers.set(event.pointerId, x);
  if (gesture.kind === "pinch") return pinch(player, gesture);
  if (!gesture.moved && Math.abs(x - gesture.x) < CLICK_PX) return;
  gesture.moved = true;
  if (gesture.kind === "pan") {
    const shift = ((gesture.x - x) / player.width) * (gesture.view.to - gesture.view.from);
    return setView(player, gesture.view.from + shift, gesture.view.to + shift);
  }
  if (!player.table || gesture.readOnly) return seek(player, timeAt(player, x));
  DRAGS[gesture.kind](player, gesture, snap(player, x, gesture.segment));
  redraw(player);
}

/**
 * What is shown while something is dragged to a border.
 * @type {Record<Grip["kind"], (player: Player, hold: Hold, border: number) => void>}
 */
const DRAGS = {
  blank(player, hold, border) {
    const [start, stop] = [Math.min(hold.from, border), Math.max(hold.from, border)];
    player.preview = { row: hold.row, start, stop: Math.max(stop, start + 1), label: player.brush };
    seekFrame(player, border > hold.from ? border - 1 : border);
  },
  body(player, hold, border) {
    if (!hold.segment) return;
    const [start, stop] = bordersOf(player, hold.segment);
    const [low, high] = freeRange(player, hold.row, hold.index);
    const shift = Math.min(Math.max(border - hold.from, low - start), high - stop);
    player.preview = { row: hold.row, start: start + shift, stop: stop + shift, label: hold.segment.label };
    seekFrame(player, start + shift);
  },
  start(player, hold, border) {
    if (!hold.segment) return;
    const [, stop] = bordersOf(player, hold.segment);
    const previous = hold.row.segments[hold.index - 1];
    if (sharesBorder(previous, hold.segment) && !hold.alone) {
      Object.assign(hold, { kind: "stop", index: hold.index - 1, segment: previous });
      return DRAGS.stop(player, hold, border);
    }
    const start = Math.min(Math.max(border, freeRange(player, hold.row, hold.index)[0]), stop - 1);
    player.preview = { row: hold.row, start, stop, label: hold.segment.label };
    seekFrame(player, start);
  },
  stop(player, hold, border) {
    if (!hold.segment) return;
    const [start] = bordersOf(player, hold.segment);
    const next = hold.row.segments[hold.index + 1];
    hold.shared = !hold.alone && sharesBorder(hold.segment, next);
    const high = hold.shared ? bordersOf(player, next)[1] - 1 : freeRange(player, hold.row, hold.index)[1];
    const stop = Math.min(Math.max(border, start + 1), Math.max(high, start + 1));
    player.preview = { row: hold.row, start, stop, label: hold.segment.label };
    seekFrame(player, hold.shared ? stop : stop - 1);
  },
  point: dragPoint,
};

/**
 * @param {Player} player
 * @param {PointerEvent} event
 * @param {() => void} takeRows takes the lanes that came meanwhile
 */
export function pointerUp(player, event, takeRows) {
  player.pointers.delete(event.pointerId);
  const { gesture } = player;
  player.gesture = null;
  const completed = event.type === "pointerup";
  if (gesture && gesture.kind !== "pan" && gesture.kind !== "pinch") release(player, gesture, completed);
  if (!player.rowsHeldBack) return;
  takeRows();
  resize(player);
}

/**
 * @param {Player} player
 * @param {Hold} hold
 * @param {boolean} completed false where the browser took the pointer away
 */
function release(player, hold, completed) {
  const { preview } = player;
  if (!hold.moved) {
    if (completed) click(player, hold);
    return;
  }
  player.preview = null;
  if (preview && completed) drop(player, hold, preview.start, preview.stop);
  redraw(player);
}

/**
 * What is let go is selected only where it was before the drag: else the key of the next label would rename it.
 * @param {Player} player @param {Hold} hold @param {number} start @param {number} stop
 */
function drop(player, hold, start, stop) {
  const { row, index, segment } = hold;
  if (hold.kind === "point") return dropPoint(player, hold, start);
  const selected = segment && selectedSegment(player) === segment;
  if (hold.kind === "blank") paint(player, row, start, stop, player.brush);
  else if (hold.shared && segment) {
    moveBorder(player, row, index, stop);
    select(player, row, segmentAt(row, segment.start));
  } else change(player, row, index, start, stop);
  if (!selected) select(player, row, null);
}

/** @param {Player} player @param {Hold} hold */
function click(player, { row, x, segment: held, point }) {
  const segment = segmentAt(row, timeAt(player, x)) || held;
  player.chosenRow = row;
  player.box.focus({ preventScroll: true });
  if (point) return selectPointAndGo(player, row, point);
  if (segment) return selectAndGo(player, row, segment);
  if (row.edits) player.active = row;
  select(player, row, null);
  seek(player, timeAt(player, x));
}

const CURSORS = { start: "ew-resize", stop: "ew-resize", body: "grab", blank: "crosshair", point: "grab" };

/** @param {Player} player @param {number} x @param {number} y */
function hover(player, x, y) {
  const row = rowAt(player, y);
  if (!row) return;
  const editable = row.edits && canEdit(player);
  const point = pointUnder(player, row, x, y, false);
  player.lane.style.cursor = editable ? CURSORS[point ? "point" : gripAt(player, row, x, false).kind] : "pointer";
  const seconds = timeAt(player, x);
  const segment = segmentAt(row, seconds);
  const at = `at ${clock(seconds, 2)}`;
  const values = row.curves.map((curve) => `${curve.name}, ${percent(valueAt(curve, seconds))} ${at}`);
  const label = point ? describePoint(player, point) : segment && describe(player, segment);
  player.lane.title = label || values.join("\n");
}

/** @param {Player} player */
function beginPinch(player) {
  const [left, right] = player.pointers.values();
  player.preview = null;
  const distance = Math.max(Math.abs(left - right), 20);
  player.gesture = { kind: "pinch", view: player.view, distance, x: (left + right) / 2 };
}

/** @param {Player} player @param {Pinch} gesture */
function pinch(player, { view, distance, x }) {
  const [left, right] = player.pointers.values();
  if (right === undefined) return;
  const span = ((view.to - view.from) * distance) / Math.max(Math.abs(left - right), 20);
  const centre = view.from + (x / player.width) * (view.to - view.from);
  const from = centre - ((left + right) / 2 / player.width) * span;
  setView(player, from, from + span);
}

/**
 * Ctrl and the wheel, or two fingers, zoom; sideways pans. The wheel alone is the page's own.
 * @param {Player} player
 * @param {WheelEvent} event
 */
export function wheel(player, event) {
  const { x } = positionOf(player, event);
  if (event.ctrlKey || event.metaKey || event.currentTarget !== player.lane) {
    const delta = Math.min(Math.max(event.deltaY, -120), 120);
    zoom(player, Math.exp(delta / 260), timeAt(player, x));
  } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
    const shift = timeAt(player, event.deltaX || event.deltaY) - player.view.from;
    setView(player, player.view.from + shift, player.view.to + shift);
  } else {
    if (!player.zoomHintShown) announce(player, "To zoom, hold Ctrl and scroll, or scroll over the ruler");
    player.zoomHintShown = true;
    return;
  }
  event.preventDefault();
}
