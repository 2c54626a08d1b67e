// The lanes as they came from the server, and what an edit makes of one of them.
const NOTHING = -1; // label of a stretch in which nothing happens
const UNLABELLED = -2; // "label" of a stretch that nobody looked at
const UNSAID = 255; // confidence that nobody told

function numbers(text, Kind) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return new Kind(bytes.buffer);
}

// A lane as it is drawn. Its segments are read anew only where they changed; edits never change them, but replace them.
function rowOf(told, kept) {
  const { name, title, edits, look, seen } = told;
  const text = told.starts + told.stops + told.labels + told.sures;
  if (kept.get(name)?.text !== text) kept.set(name, { text, segments: segmentsOf(told) });
  const curves = told.curves.map((curve) => ({
    name: curve.name,
    colour: curve.colour,
    times: numbers(curve.times, Float32Array),
    values: numbers(curve.values, Uint8Array),
  }));
  return { name, told: title, edits, look, segments: kept.get(name).segments, curves, seen };
}

function segmentsOf(told) {
  const [starts, stops] = [numbers(told.starts, Float64Array), numbers(told.stops, Float64Array)];
  const [labels, sures] = [numbers(told.labels, Uint16Array), numbers(told.sures, Uint8Array)];
  return Array.from(starts, (start, i) => ({ start, stop: stops[i], label: labels[i], sure: sures[i] === UNSAID ? null : sures[i] / 100 }));
}

// The place of the segment at a moment, -1 where there is none; `after` gives that of the first one that ends later.
function placeAt(segments, seconds) {
  const place = after(segments, seconds);
  return place < segments.length && segments[place].start <= seconds ? place : -1;
}

function after(segments, seconds) {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle].stop > seconds) high = middle;
    else low = middle + 1;
  }
  return low;
}

// What is left of stretches, or of segments, outside [start, stop).
function outside(segments, start, stop) {
  return segments.flatMap((one) => {
    if (one.stop <= start || one.start >= stop) return [one];
    const left = one.start < start ? [{ ...one, stop: start }] : [];
    return one.stop > stop ? [...left, { ...one, start: stop }] : left;
  });
}

function withSegment(segments, one) {
  const left = outside(segments, one.start, one.stop);
  left.splice(after(left, one.start), 0, one);
  return left;
}

function looked(row, start, stop) {
  if (!row.seen) return;
  const spans = row.seen.map(([from, to]) => ({ start: from, stop: to }));
  const all = [...spans, { start, stop }].sort((one, other) => one.start - other.start);
  row.seen = [];
  for (const span of all) {
    const last = row.seen.at(-1);
    if (last && span.start <= last[1]) last[1] = Math.max(last[1], span.stop);
    else row.seen.push([span.start, span.stop]);
  }
}

function unlooked(row, start, stop, end) {
  const spans = (row.seen || [[0, end]]).map(([from, to]) => ({ start: from, stop: to }));
  row.seen = outside(spans, start, stop).map((span) => [span.start, span.stop]);
}

// Each takes the row, the edit with its moments in seconds, and the place of the segment that is meant.
const CHANGES = {
  paint(row, { start, stop, label }) {
    row.segments = label === NOTHING ? outside(row.segments, start, stop) : withSegment(row.segments, { start, stop, label, sure: null });
    looked(row, start, stop);
  },
  unlabel(row, { start, stop, end }) {
    row.segments = outside(row.segments, start, stop);
    unlooked(row, start, stop, end);
  },
  change(row, { start, stop }, place) {
    const one = { ...row.segments[place], start, stop };
    row.segments = withSegment(row.segments.toSpliced(place, 1), one);
    looked(row, start, stop);
  },
  border(row, { stop }, place) {
    const [one, next] = [row.segments[place], row.segments[place + 1]];
    row.segments = row.segments.toSpliced(place, 2, { ...one, stop }, { ...next, start: stop });
  },
  split(row, { start }, place) {
    const one = row.segments[place];
    row.segments = row.segments.toSpliced(place, 1, { ...one, stop: start }, { ...one, start });
  },
  merge(row, { start, stop }, place) {
    row.segments = row.segments.toSpliced(place, 2, { ...row.segments[place], start, stop });
    looked(row, start, stop);
  },
  label(row, { label }, place) {
    row.segments = row.segments.toSpliced(place, 1, { ...row.segments[place], label, sure: null });
  },
  delete(row, _, place) {
    row.segments = row.segments.toSpliced(place, 1);
  },
};

// Apply an edit to the row that it names; false where it does not fit. Undo and redo are the server's alone.
function applied(self, edit) {
  const row = self.rows.find((one) => one.name === edit.row);
  if (!row || !CHANGES[edit.kind]) return false;
  const free = edit.kind === "paint" || edit.kind === "unlabel";
  const place = free ? -1 : placeAt(row.segments, edit.at);
  if (!free && place < 0) return false;
  const { starts } = self.table;
  const label = edit.label ? self.data.palette.findIndex((one) => one.label === edit.label) : NOTHING;
  const [start, stop] = [edit.start_s ?? starts[edit.start], edit.stop_s ?? starts[edit.stop]];
  CHANGES[edit.kind](row, { start, stop, label, end: self.data.duration_s }, place);
  return true;
}
