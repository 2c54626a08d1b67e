import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";
import * as edit from "../../pages/ui/common/player/edit.js";
import { selectedSegment } from "../../pages/ui/common/player/lanes.js";
import { NOTHING, segmentAt, UNLABELLED } from "../../pages/ui/common/player/rows.js";
import { kindsOf, LABELS, packed, playerOf, textOf } from "./player.js";

const [WALK, , JUMP] = [0, 1, 2];
const TWO = [[1, 2, "walk", 0.9], [2, 3, "run"]];
const APART = [[0.4, 1, "walk"], [2, 3, "run"], [4, 5, "jump"]];

/** A player with a lane; `at` seconds is in the segment that is chosen, `frame` the one on screen. */
function withLane(segments, { at, frame, seen = null } = {}) {
  const player = playerOf({ rows: [packed({ segments, seen })] });
  if (frame !== undefined) player.frame = frame;
  if (at !== undefined) edit.select(player, player.rows[0], segmentAt(player.rows[0], at));
  return player;
}

const last = (player) => player.outbox.at(-1);
const chosen = (player) => {
  const segment = selectedSegment(player);
  return segment && `${LABELS[segment.label]} ${Number(segment.start.toFixed(3))}`;
};

test("a painted stretch is shown at once and sent with its borders, and is not chosen", () => {
  const player = withLane(TWO);
  edit.paint(player, player.rows[0], 75, 100, JUMP);
  assert.deepEqual(textOf(player), ["walk 1-2", "run 2-3", "jump 3-4"]);
  const { n, from, ...sent } = last(player);
  assert.deepEqual([n, from], [1, player.nonce]);
  assert.deepEqual(sent, {
    kind: "paint", row: "mine", at: 0, start: 75, stop: 100, label: "jump", start_s: null, stop_s: null, mark: "",
  });
  assert.deepEqual(player.states, [["edits", player.outbox]]);
  assert.equal(chosen(player), null);
  assert.equal(player.status.textContent, "jump, 0:03.0 to 0:04.0, mine");
});

test("a stretch without a frame is not painted", () => {
  const player = withLane(TWO);
  edit.paint(player, player.rows[0], 75, 75, JUMP);
  assert.deepEqual([textOf(player), player.outbox], [["walk 1-2", "run 2-3"], []]);
});

test("painting nothing and unlabelled are two things", () => {
  const player = withLane(TWO, { seen: [[0, 6]] });
  edit.paint(player, player.rows[0], 25, 50, NOTHING);
  assert.deepEqual([last(player).kind, last(player).label], ["paint", "nothing certain"]);
  edit.paint(player, player.rows[0], 50, 75, UNLABELLED);
  assert.equal(last(player).kind, "unlabel");
  assert.deepEqual(player.rows[0].seen, [[0, 2], [3, 6]]);
  assert.deepEqual(textOf(player), []);
  assert.equal(player.selected, null);
});

test("a chosen segment gets another label, none, or becomes unlabelled", () => {
  for (const [label, kind, text] of [
    [JUMP, "label", ["walk 1-2", "jump 2-3"]],
    [NOTHING, "delete", ["walk 1-2"]],
    [UNLABELLED, "unlabel", ["walk 1-2"]],
  ]) {
    const player = withLane(TWO, { at: 2.5 });
    edit.relabel(player, label);
    assert.deepEqual([kindsOf(player), textOf(player)], [[kind], text]);
  }
});

test("without a choice the segment at the playhead is meant", () => {
  const player = withLane(TWO, { frame: 30 });
  edit.relabel(player, JUMP);
  assert.deepEqual(textOf(player), ["jump 1-2", "run 2-3"]);
  player.frame = 0;
  edit.relabel(player, WALK);
  assert.equal(player.status.textContent, "Select a segment first");
  assert.equal(player.outbox.length, 1);
});

test("a segment is deleted, and then none is chosen", () => {
  const player = withLane(TWO, { at: 1.5 });
  edit.remove(player);
  assert.deepEqual([textOf(player), kindsOf(player), player.selected], [["run 2-3"], ["delete"], null]);
  assert.equal(player.status.textContent, "Segment deleted");
});

test("a segment is split at the frame on screen, and its second part chosen", () => {
  const player = withLane(TWO, { at: 1.5, frame: 40 });
  edit.split(player);
  assert.deepEqual(textOf(player), ["walk 1-1.6", "walk 1.6-2", "run 2-3"]);
  assert.equal(chosen(player), "walk 1.6");
  assert.deepEqual([last(player).start, last(player).stop, last(player).at], [40, 40, 1.5]);
});

for (const frame of [10, 25, 50, 60])
  test(`a segment of frames 25 to 49 is not split at frame ${frame}`, () => {
    const player = withLane(TWO, { at: 1.5, frame });
    edit.split(player);
    assert.deepEqual([player.outbox, textOf(player)], [[], ["walk 1-2", "run 2-3"]]);
    assert.match(player.status.textContent, /inside the segment/);
  });

test("a segment is split next to its first and before its last frame", () => {
  for (const frame of [26, 49]) {
    const player = withLane(TWO, { at: 1.5, frame });
    edit.split(player);
    assert.equal(textOf(player).length, 3);
  }
});

test("a segment takes the label of the first and reaches over the gap when merged", () => {
  const player = withLane([[0.4, 1.013, "walk"], [2, 3.007, "run"]], { at: 0.5 });
  edit.merge(player);
  assert.deepEqual(textOf(player), ["walk 0.4-3.007"]);
  assert.deepEqual([last(player).start_s, last(player).stop_s], [0.4, 3.007], "ends between frames stay");
  assert.equal(chosen(player), "walk 0.4");
  edit.merge(player);
  assert.deepEqual([player.outbox.length, player.status.textContent], [1, "There is no segment after this one"]);
});

test("the start and the stop go to the frame on screen", () => {
  const player = withLane(APART, { at: 2.5, frame: 60 });
  edit.startHere(player);
  assert.deepEqual(textOf(player)[1], "run 2.4-3");
  player.frame = 69;
  edit.stopHere(player);
  assert.deepEqual(textOf(player)[1], "run 2.4-2.8", "the frame on screen is the last of the segment");
  assert.deepEqual(kindsOf(player), ["change", "change"]);
  assert.equal(last(player).start_s, 2.4);
});

test("an end goes no further than the neighbour", () => {
  const player = withLane(APART, { at: 2.5, frame: 10 });
  edit.startHere(player);
  assert.equal(textOf(player)[1], "run 1-3");
  player.frame = 120;
  edit.stopHere(player);
  assert.equal(textOf(player)[1], "run 1-4");
  assert.deepEqual(textOf(player), ["walk 0.4-1", "run 1-4", "jump 4-5"]);
});

test("an end that cannot move says so", () => {
  const player = withLane(TWO, { at: 1.5 });
  edit.change(player, player.rows[0], 0, 25, 60);
  assert.deepEqual([player.outbox, textOf(player)], [[], ["walk 1-2", "run 2-3"]]);
  assert.match(player.status.textContent, /in the way/);
  edit.change(player, player.rows[0], 0, 50, 50);
  assert.equal(player.outbox.length, 0, "nor does one that leaves no frame");
});

test("an end between frames stays while the other moves", () => {
  const player = withLane([[1.013, 2, "walk"]], { at: 1.5, frame: 60 });
  edit.stopHere(player);
  assert.deepEqual([last(player).start_s, last(player).stop_s, last(player).stop], [1.013, null, 61]);
  assert.deepEqual(textOf(player), ["walk 1.013-2.44"]);
});

test("ends are nudged by a frame, alone where no neighbour touches", () => {
  const player = withLane(APART, { at: 2.5 });
  edit.nudge(player, -1, 0);
  edit.nudge(player, 0, 1);
  assert.equal(textOf(player)[1], "run 1.96-3.04");
  edit.nudge(player, 1, 0);
  edit.nudge(player, 0, -1);
  assert.deepEqual([textOf(player)[1], kindsOf(player)], ["run 2-3", Array(4).fill("change")]);
  assert.equal(chosen(player), "run 2");
});

test("a border that two segments share is nudged for both", () => {
  const player = withLane(TWO, { at: 2.5 });
  edit.nudge(player, 1, 0);
  assert.deepEqual([textOf(player), chosen(player)], [["walk 1-2.04", "run 2.04-3"], "run 2.04"]);
  edit.select(player, player.rows[0], player.rows[0].segments[0]);
  edit.nudge(player, 0, -1);
  assert.deepEqual([textOf(player), chosen(player)], [["walk 1-2", "run 2-3"], "walk 1"]);
  assert.deepEqual(kindsOf(player), ["border", "border"]);
});

test("a shared border never leaves one of the two without a frame", () => {
  for (const border of [25, 24, 75, 76, 50]) {
    const player = withLane(TWO);
    edit.moveBorder(player, player.rows[0], 0, border);
    assert.equal(player.outbox.length, 0, String(border));
  }
  for (const border of [26, 74]) {
    const player = withLane(TWO);
    edit.moveBorder(player, player.rows[0], 0, border);
    assert.deepEqual([last(player).kind, last(player).at, last(player).start], ["border", 1.5, border]);
  }
});

test("the free range of a segment is between its neighbours, or the ends of the clip", () => {
  const player = withLane(APART);
  assert.deepEqual([0, 1, 2].map((index) => edit.freeRange(player, player.rows[0], index)), [[0, 50], [25, 100], [75, 150]]);
});

test("undo and redo are left to the server", () => {
  const player = withLane(TWO, { at: 1.5 });
  edit.history(player, "undo");
  edit.history(player, "redo");
  assert.deepEqual([kindsOf(player), textOf(player)], [["undo", "redo"], ["walk 1-2", "run 2-3"]]);
  assert.deepEqual(player.outbox.map(({ n, row }) => [n, row]), [[1, "mine"], [2, "mine"]]);
  assert.equal(player.selected, null);
  player.active = null;
  edit.history(player, "undo");
  assert.equal(player.outbox.length, 2);
});

/** A player with a lane of one's own below one that cannot be edited. */
function withPrediction() {
  const prediction = packed({ name: "predicted", edits: false, segments: [[1, 2, "walk", 0.7]] });
  const player = playerOf({ rows: [prediction, packed()] });
  edit.select(player, player.rows[0], player.rows[0].segments[0]);
  return player;
}

test("a prediction is not edited but copied to one's own lane", () => {
  const player = withPrediction();
  edit.remove(player);
  assert.match(player.status.textContent, /predicted cannot be edited.*copy this segment to mine/);
  assert.equal(player.outbox.length, 0);
  assert.equal(edit.copyToActive(player), true);
  assert.deepEqual([textOf(player), textOf(player, "predicted")], [["walk 1-2"], ["walk 1-2"]]);
  assert.equal(player.rows[1].segments[0].confidence, null);
  assert.equal(edit.copyToActive(player), false, "what is chosen now is in one's own lane");
});

test("choosing a segment says its confidence and where it is", () => {
  const player = withPrediction();
  assert.equal(player.status.textContent, "walk, 0:01.0 to 0:02.0, confidence 70 %, predicted");
  assert.equal(player.active.name, "mine", "a lane that cannot be edited is not painted into");
});
