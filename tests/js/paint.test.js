// Painting with the key of a label.
import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";
import * as edit from "../../pages/ui/common/player/edit.js";
import { NOTHING, segmentAt } from "../../pages/ui/common/player/rows.js";
import { kindsOf, packed, playerOf, textOf } from "./player.js";

const [WALK, RUN, JUMP] = [0, 1, 2];

/** A player whose clip plays or rests, and the segment that is chosen in its lane. */
function withLane(segments, { at, plays = false } = {}) {
  const player = playerOf({ rows: [packed({ segments })] });
  Object.defineProperty(player.video, "paused", { value: !plays });
  if (at !== undefined) edit.select(player, player.rows[0], segmentAt(player.rows[0], at));
  return player;
}

test("a key that is held while the clip plays paints what passes", () => {
  const player = withLane([], { plays: true });
  player.frame = 10;
  edit.labelDown(player, RUN, "Digit2");
  for (const frame of [11, 15, 20]) edit.paintTo(player, frame);
  assert.deepEqual([player.preview.start, player.preview.stop, player.brush], [10, 21, RUN]);
  assert.equal(player.outbox.length, 0, "nothing is sent before the key is let go");
  player.painting.since -= 300;
  edit.labelUp(player, "Digit3");
  assert.ok(player.painting, "another key changes nothing");
  edit.labelUp(player, "Digit2");
  assert.deepEqual([textOf(player), player.painting, player.preview], [["run 0.4-0.84"], null, null]);
});

test("a short tap paints until the next one", () => {
  const player = withLane([], { plays: true });
  edit.labelDown(player, RUN, "Digit2");
  edit.labelUp(player, "Digit2");
  assert.equal(player.painting.latched, true);
  assert.equal(player.status.textContent, "Painting run until the next tap");
  edit.paintTo(player, 24);
  edit.labelUp(player, "Digit2");
  assert.ok(player.painting, "still painting");
  edit.labelDown(player, RUN, "Digit2");
  assert.deepEqual([textOf(player), player.painting], [["run 0-1"], null]);
});

test("the key of another label goes straight on with that one", () => {
  const player = withLane([], { plays: true });
  edit.labelDown(player, RUN, "Digit2");
  edit.paintTo(player, 24);
  player.frame = 25;
  edit.labelDown(player, WALK, "Digit1");
  edit.paintTo(player, 49);
  edit.endPainting(player);
  assert.deepEqual(textOf(player), ["run 0-1", "walk 1-2"]);
});

test("painting backwards includes the frame at which it began", () => {
  const player = withLane([]);
  player.frame = 20;
  edit.labelDown(player, JUMP, "Digit3");
  edit.paintTo(player, 15);
  assert.deepEqual([player.preview.start, player.preview.stop], [15, 21]);
  edit.labelUp(player, "Digit3");
  assert.deepEqual(textOf(player), ["jump 0.6-0.84"]);
});

test("a key that is tapped at rest only chooses what the mouse draws", () => {
  const player = withLane([]);
  edit.labelDown(player, JUMP, "Digit3");
  edit.labelUp(player, "Digit3");
  assert.deepEqual([textOf(player), player.painting, player.preview, player.brush], [[], null, null, JUMP]);
  assert.match(player.status.textContent, /^jump: drag in your lane/);
});

test("with a segment chosen, the key of a label changes it", () => {
  const player = withLane([[1, 2, "walk"]], { at: 1.5 });
  edit.labelDown(player, JUMP, "Digit3");
  assert.deepEqual([kindsOf(player), player.painting], [["label"], null]);
});

test("the chip of the label that is drawn is pressed", () => {
  const player = withLane([]);
  player.chips.innerHTML = '<button data-label="0"></button><button data-label="-1"></button>';
  edit.setBrush(player, NOTHING);
  const pressed = [...player.chips.children].map((chip) => chip.getAttribute("aria-pressed"));
  assert.deepEqual(pressed, ["false", "true"]);
});
