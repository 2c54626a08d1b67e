// The lanes as they came from the server, and what an edit makes of one of them.
/** @import { Change, Edit, EditKind, PackedRow, Player, Row, Segment } from "./types" */
import { addPoint, applyToPoint, pointsOf } from "./points/point_rows.js";

export const NOTHING = -1; // label of a stretch in which nothing happens
export const UNLABELLED = -2; // "label" of a stretch that nobody looked at
export const NO_CONFIDENCE = 255;

/** @param {string} text base64 */
export function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/**
 * A lane as it is drawn. Its labels are read again only where they changed; edits replace a list and never change it.
 * @param {PackedRow} packed
 * @param {Player["decoded"]} decoded what was read before, by the name of the lane
 * @returns {Row}
 */
export function rowOf(packed, decoded) {
  const { name, title, edits, look, seen } = packed;
  const columns = [packed.starts, packed.stops, packed.labels, packed.confidences];
  const text = [...columns, packed.pointTimes, packed.pointLabels, packed.pointConfidences].join();
  const known = decoded.get(name);
  const { segments, points } = known?.text === text ? known : { segments: segmentsOf(packed), points: pointsOf(packed) };
  decoded.set(name, { text, segments, points });
  const curves = packed.curves.map((curve) => ({
    name: curve.name,
    colour: curve.colour,
    times: new Float32Array(bytesOf(curve.times).buffer),
    values: bytesOf(curve.values),
  }));
  return { name, title, edits, look, segments, points, curves, seen, top: 0, height: 0 };
}

/** @param {PackedRow} packed @returns {Segment[]} */
function segmentsOf(packed) {
  const starts = new Float64Array(bytesOf(packed.starts).buffer);
  const stops = new Float64Array(bytesOf(packed.stops).buffer);
  const labels = new Uint16Array(bytesOf(packed.labels).buffer);
  const confidences = bytesOf(packed.confidences);
  return Array.from(starts, (start, i) => {
    const confidence = confidences[i] === NO_CONFIDENCE ? null : confidences[i] / 100;
    return { start, stop: stops[i], label: labels[i], confidence };
  });
}

/**
 * The index of the first segment that ends after a time.
 * @param {{ stop: number }[]} segments sorted
 * @param {number} seconds
 */
export function firstEndingAfter(segments, seconds) {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle].stop > seconds) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The index of the segment at a time, -1 where there is none. @param {Segment[]} segments @param {number} seconds */
export function indexAt(segments, seconds) {
  const index = firstEndingAfter(segments, seconds);
  return index < segments.length && segments[index].start <= seconds ? index : -1;
}

/** The segment of a row at a time. @param {Row} row @param {number} seconds @returns {Segment | null} */
export function segmentAt(row, seconds) {
  return row.segments[indexAt(row.segments, seconds)] ?? null;
}

/** @param {Row} row @param {number} seconds */
export const seenAt = (row, seconds) => !row.seen || row.seen.some(([from, to]) => from <= seconds && seconds < to);

/** @param {Player} player */
export const canEdit = (player) =>
  Boolean(player.data.labels.length && player.table && player.rows.some((row) => row.edits));

/**
 * What is left of spans, or of segments, outside [start, stop).
 * @template {{ start: number, stop: number }} Span
 * @param {Span[]} spans
 * @param {number} start
 * @param {number} stop
 * @returns {Span[]}
 */
export function outside(spans, start, stop) {
  return spans.flatMap((span) => {
    if (span.stop <= start || span.start >= stop) return [span];
    const left = span.start < start ? [{ ...span, stop: start }] : [];
    return span.stop > stop ? [...left, { ...span, start: stop }] : left;
  });
}

/** @param {Segment[]} segments @param {Segment} segment */
function withSegment(segments, segment) {
  const kept = outside(segments, segment.start, segment.stop);
  kept.splice(firstEndingAfter(kept, segment.start), 0, segment);
  return kept;
}

/** @param {Row} row @param {number} start @param {number} stop */
function markSeen(row, start, stop) {
  if (!row.seen) return;
  const spans = row.seen.map(([from, to]) => ({ start: from, stop: to }));
  const sorted = [...spans, { start, stop }].sort((left, right) => left.start - right.start);
  row.seen = [];
  for (const span of sorted) {
    const last = row.seen.at(-1);
    if (last && span.start <= last[1]) last[1] = Math.max(last[1], span.stop);
    else row.seen.push([span.start, span.stop]);
  }
}

/** @param {Row} row @param {number} start @param {number} stop @param {number} end the duration of the clip */
function markUnseen(row, start, stop, end) {
  const spans = (row.seen || [[0, end]]).map(([from, to]) => ({ start: from, stop: to }));
  row.seen = outside(spans, start, stop).map((span) => [span.start, span.stop]);
}

/** Whether two segments, of which either may be missing, share a border. @param {Segment} [segment] @param {Segment} [next] */
export const sharesBorder = (segment, next) => Boolean(segment && next && segment.stop === next.start);

/**
 * What each kind of edit asks of a row, as on the server (core/workflows/annotation/edits.py).
 * @type {Partial<Record<EditKind, (row: Row, change: Change, index: number) => boolean>>}
 */
const CONDITIONS = {
  paint: (_, { start, stop }) => 0 <= start && start < stop,
  unlabel: (_, { start, stop }) => 0 <= start && start < stop,
  change({ segments }, { start, stop }, index) {
    const overlaps = segments.some((other, i) => i !== index && other.start < stop && start < other.stop);
    return 0 <= start && start < stop && !overlaps;
  },
  border({ segments }, { stop }, index) {
    const [segment, next] = [segments[index], segments[index + 1]];
    return sharesBorder(segment, next) && segment.start < stop && stop < next.stop;
  },
  split: ({ segments }, { start }, index) => segments[index].start < start && start < segments[index].stop,
  merge: ({ segments }, _, index) => index + 1 < segments.length,
};

/**
 * What each kind of edit does, as on the server. index: of the segment that is meant, where the kind has one.
 * @type {Partial<Record<EditKind, (row: Row, change: Change, index: number) => void>>}
 */
const CHANGES = {
  paint(row, { start, stop, label }) {
    const { segments } = row;
    if (label === NOTHING) row.segments = outside(segments, start, stop);
    else row.segments = withSegment(segments, { start, stop, label, confidence: null });
    markSeen(row, start, stop);
  },
  unlabel(row, { start, stop, end }) {
    row.segments = outside(row.segments, start, stop);
    row.points = row.points.filter(({ time }) => time < start || time >= stop);
    markUnseen(row, start, stop, end);
  },
  change(row, { start, stop }, index) {
    const segment = { ...row.segments[index], start, stop, confidence: null };
    row.segments = withSegment(row.segments.toSpliced(index, 1), segment);
    markSeen(row, start, stop);
  },
  border(row, { stop }, index) {
    const [segment, next] = [row.segments[index], row.segments[index + 1]];
    const moved = [{ ...segment, stop, confidence: null }, { ...next, start: stop, confidence: null }];
    row.segments = row.segments.toSpliced(index, 2, ...moved);
  },
  split(row, { start }, index) {
    const segment = row.segments[index];
    row.segments = row.segments.toSpliced(index, 1, { ...segment, stop: start }, { ...segment, start });
  },
  merge(row, _, index) {
    const { stop } = row.segments[index + 1];
    const merged = { ...row.segments[index], stop, confidence: null };
    row.segments = row.segments.toSpliced(index, 2, merged);
    markSeen(row, merged.start, stop);
  },
  label(row, { label }, index) {
    row.segments = row.segments.toSpliced(index, 1, { ...row.segments[index], label, confidence: null });
  },
  delete(row, _, index) {
    row.segments = row.segments.toSpliced(index, 1);
  },
};

/**
 * Apply an edit to the row that it names; false where it does not fit. Undo and redo are the server's alone.
 * @param {Player} player
 * @param {Edit} edit
 */
export function apply(player, edit) {
  const row = player.rows.find(({ name }) => name === edit.row);
  if (!row || !player.table) return false;
  const { starts } = player.table;
  const label = edit.label ? player.data.palette.findIndex((entry) => entry.label === edit.label) : NOTHING;
  const [start, stop] = [edit.start_s ?? starts[edit.start], edit.stop_s ?? starts[edit.stop]];
  const details = { start, stop, label, end: player.data.duration_s };
  if (edit.mark) return applyToPoint(player, row, edit, { ...details, mark: edit.mark });
  if (edit.kind === "point") {
    addPoint(player, row, { ...details, mark: edit.label });
    return true;
  }
  return applyToSegment(row, edit, details);
}

/** @param {Row} row @param {Edit} edit @param {Change} details */
function applyToSegment(row, edit, details) {
  const change = CHANGES[edit.kind];
  const anywhere = edit.kind === "paint" || edit.kind === "unlabel";
  const index = anywhere ? -1 : indexAt(row.segments, edit.at);
  if (!change || (!anywhere && index < 0)) return false;
  if (CONDITIONS[edit.kind]?.(row, details, index) === false) return false;
  change(row, details, index);
  return true;
}
