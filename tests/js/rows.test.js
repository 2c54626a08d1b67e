import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./dom.js";
import { apply, canEdit, firstEndingAfter, indexAt, outside, rowOf, seenAt, segmentAt } from "../../pages/ui/common/player/rows.js";
import { LABELS, packed, playerOf, textOf } from "./player.js";

/** What edits make of a track; tests/workflows/test_annotation.py holds the server to the same table. */
const CASES = JSON.parse(readFileSync(new URL("../data/edits.json", import.meta.url), "utf-8"));
const segmentOf = ({ start, stop, label, confidence }) => [start, stop, LABELS[label], confidence];

const THREE = [[0, 1, "walk", 0.81], [1, 2, "run"], [3, 4, "jump", 0.5]];

test("a lane is read as the server packed it", () => {
  const curves = [{ name: "motion", colour: "#112233", times: [0, 0.5], values: [0, 255] }];
  const row = rowOf(packed({ segments: THREE, seen: [[0, 4]], title: "truth", curves }), new Map());
  assert.deepEqual(row.segments, [
    { start: 0, stop: 1, label: 0, confidence: 0.81 },
    { start: 1, stop: 2, label: 1, confidence: null },
    { start: 3, stop: 4, label: 2, confidence: 0.5 },
  ]);
  assert.deepEqual([row.name, row.title, row.edits, row.seen], ["mine", "truth", true, [[0, 4]]]);
  assert.deepEqual([...row.curves[0].times, ...row.curves[0].values], [0, 0.5, 0, 255]);
});

test("segments are read again only where they changed", () => {
  const decoded = new Map();
  const first = rowOf(packed({ segments: THREE }), decoded);
  assert.equal(rowOf(packed({ segments: THREE }), decoded).segments, first.segments);
  for (const changed of [[[0, 0.5, "walk", 0.81]], [[0.2, 1, "walk", 0.81]], [[0, 1, "run", 0.81]], [[0, 1, "walk", 0.8]]]) {
    const { segments } = rowOf(packed({ segments: [...changed, ...THREE.slice(1)] }), decoded);
    assert.notEqual(segments, first.segments);
    rowOf(packed({ segments: THREE }), decoded);
  }
});

test("the segment at a time starts at it or before and stops after it", () => {
  const row = rowOf(packed({ segments: THREE }), new Map());
  const indices = [-0.1, 0, 0.999, 1, 1.999, 2, 2.5, 3, 4].map((seconds) => indexAt(row.segments, seconds));
  assert.deepEqual(indices, [-1, 0, 0, 1, 1, -1, -1, 2, -1]);
  assert.deepEqual([0.5, 1, 2.5, 9].map((seconds) => firstEndingAfter(row.segments, seconds)), [0, 1, 2, 3]);
  assert.equal(segmentAt(row, 3.5), row.segments[2]);
  assert.equal(segmentAt(row, 2), null);
});

test("what is outside a span loses its middle, its ends or nothing", () => {
  const spans = [{ start: 0, stop: 1 }, { start: 1, stop: 4 }, { start: 5, stop: 6 }];
  assert.deepEqual(outside(spans, 2, 3), [spans[0], { start: 1, stop: 2 }, { start: 3, stop: 4 }, spans[2]]);
  assert.deepEqual(outside(spans, 0.5, 5.5), [{ start: 0, stop: 0.5 }, { start: 5.5, stop: 6 }]);
  assert.deepEqual(outside(spans, 1, 4), [spans[0], spans[2]], "ends that touch are no overlap");
});

test("what was looked at counts from its start to its stop", () => {
  const row = rowOf(packed({ seen: [[1, 2]] }), new Map());
  assert.deepEqual([0.9, 1, 1.9, 2].map((seconds) => seenAt(row, seconds)), [false, true, true, false]);
  assert.equal(seenAt({ ...row, seen: null }, 99), true);
});

/** A lane after an edit: its segments and what was looked at. */
function after(kind, details, { segments = THREE, seen = [[0, 4]], points = [] } = {}) {
  const player = playerOf({ rows: [packed({ segments, seen, points })] });
  const before = player.rows[0].segments;
  const copy = structuredClone(before);
  const edit = { kind, row: "mine", at: 0, start: 0, stop: 0, label: "", start_s: null, stop_s: null, ...details };
  const fits = apply(player, edit);
  assert.deepEqual(before, copy, "a list that was read is never changed");
  return { fits, text: textOf(player), seen: player.rows[0].seen, row: player.rows[0] };
}

test("painting covers what was there and is looked at", () => {
  const { text, seen, row } = after("paint", { start: 20, stop: 80, label: "jump" });
  assert.deepEqual(text, ["walk 0-0.8", "jump 0.8-3.2", "jump 3.2-4"]);
  assert.deepEqual(seen, [[0, 4]]);
  assert.deepEqual(row.segments.map(({ confidence }) => confidence), [0.81, null, 0.5]);
});

test("painting outside joins what was looked at", () => {
  const seen = [[0, 1], [3, 4]];
  assert.deepEqual(after("paint", { start: 25, stop: 75, label: "run" }, { seen }).seen, [[0, 4]]);
  assert.deepEqual(after("paint", { start: 110, stop: 120, label: "run" }, { seen }).seen, [...seen, [4.4, 4.8]]);
  assert.equal(after("paint", { start: 110, stop: 120, label: "run" }, { seen: null }).seen, null);
});

test("painting with nothing clears the stretch, which stays looked at", () => {
  const { text, seen } = after("paint", { start: 0, stop: 50 });
  assert.deepEqual(text, ["jump 3-4"]);
  assert.deepEqual(seen, [[0, 4]]);
});

test("what is made unlabelled was not looked at", () => {
  const { text, seen } = after("unlabel", { start: 25, stop: 50 });
  assert.deepEqual(text, ["walk 0-1", "jump 3-4"]);
  assert.deepEqual(seen, [[0, 1], [2, 4]]);
  assert.deepEqual(after("unlabel", { start: 25, stop: 50 }, { seen: null }).seen, [[0, 1], [2, 6]]);
});

for (const { name, edit, ...given } of CASES) {
  test(`as on the server: ${name}`, () => {
    const { kind, at_s = 0, ...details } = edit;
    const { fits, seen, row } = after(kind, { at: at_s, ...details }, given);
    const expected = given.after ?? given;
    assert.equal(fits, !given.refused);
    assert.deepEqual(row.segments.map(segmentOf), expected.segments.map((segment) => [...segment, null].slice(0, 4)));
    assert.deepEqual(seen, expected.seen);
    const points = (expected.points ?? given.points ?? []).map((point) => [...point, null].slice(0, 3));
    assert.deepEqual(row.points.map(({ time, label, confidence }) => [time, LABELS[label], confidence]), points);
  });
}

test("a segment that is moved is reviewed where it was and where it is", () => {
  assert.deepEqual(after("change", { at: 3.5, start: 80, stop: 130 }).seen, [[0, 5.2]]);
});

test("an end that is not moved stays where it was, also between frames", () => {
  const { text } = after("change", { at: 1.5, start: 25, stop: 60, start_s: 1.013 });
  assert.deepEqual(text, ["walk 0-1", "run 1.013-2.4", "jump 3-4"]);
});

test("a shared border moves both segments", () => {
  assert.deepEqual(after("border", { at: 0.5, start: 30, stop: 30 }).text, ["walk 0-1.2", "run 1.2-2", "jump 3-4"]);
});

test("a segment is split and merged", () => {
  assert.deepEqual(after("split", { at: 1.5, start: 40, stop: 40 }).text, ["walk 0-1", "run 1-1.6", "run 1.6-2", "jump 3-4"]);
  const { text, seen } = after("merge", { at: 1.5, start: 25, stop: 100 }, { seen: [[0, 2], [3, 4]] });
  assert.deepEqual(text, ["walk 0-1", "run 1-4"]);
  assert.deepEqual(seen, [[0, 4]]);
});

test("a new label has no confidence; a deleted segment stays looked at", () => {
  const { row, text } = after("label", { at: 0.5, label: "jump" });
  assert.deepEqual(text, ["jump 0-1", "run 1-2", "jump 3-4"]);
  assert.equal(row.segments[0].confidence, null);
  const deleted = after("delete", { at: 0.5 });
  assert.deepEqual([deleted.text, deleted.seen], [["run 1-2", "jump 3-4"], [[0, 4]]]);
});

test("an edit that does not fit changes nothing", () => {
  const text = ["walk 0-1", "run 1-2", "jump 3-4"];
  for (const details of [{ at: 2.5 }, { at: 0.5, row: "other" }]) {
    const result = after("delete", details);
    assert.deepEqual([result.fits, result.text], [false, text]);
  }
  assert.equal(after("undo", {}).fits, false, "undo is the server's alone");
  assert.equal(after("delete", { at: 0.5 }).fits, true);
  assert.equal(after("paint", { start: 60, stop: 70, label: "run" }).fits, true, "painting needs no segment");
});

test("only a lane for edits, with labels and the table of frames, can be edited", () => {
  assert.equal(canEdit(playerOf()), true);
  assert.equal(canEdit(playerOf({ labels: [] })), false);
  assert.equal(canEdit(playerOf({ rows: [packed({ edits: false })] })), false);
  assert.equal(canEdit(playerOf({}, { table: null })), false);
});
