import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";
import { labelDown, labelUp } from "../../pages/ui/common/player/edit.js";
import { gripAt, pointerDown, pointerMove, pointerUp, snap, wheel } from "../../pages/ui/common/player/pointer.js";
import { setRows } from "../../pages/ui/common/player/player.js";
import { UNLABELLED } from "../../pages/ui/common/player/rows.js";
import { kindsOf, packed, playerOf, textOf } from "./player.js";

// A second is 100 px wide, a frame 4 px; the first lane is 40 px high.
const TWO = [[1, 2, "walk", 0.9], [2, 3, "run"]];
const APART = [[1, 2, "walk"], [4, 5, "run"]];

function withLane(segments, changes = {}) {
  const player = playerOf({ rows: [packed({ segments })], ...changes });
  player.lane.getBoundingClientRect = () => ({ left: 0, top: 0 });
  player.brush = 2;
  return player;
}

const pointer = (type, x, more = {}) => ({
  type, clientX: x, clientY: 10, pointerId: 1, button: 0, altKey: false, shiftKey: false, pointerType: "mouse", ...more,
});
const down = (player, x, more) => pointerDown(player, pointer("pointerdown", x, more));
const move = (player, x, more) => pointerMove(player, pointer("pointermove", x, more));
const up = (player, x, more) => pointerUp(player, pointer("pointerup", x, more), () => setRows(player));

function drag(player, from, to, more) {
  down(player, from, more);
  move(player, (from + to) / 2, more);
  move(player, to, more);
  const { preview } = player;
  up(player, to, more);
  return preview;
}

test("a drag over an empty part of the lane draws the brush, either way", () => {
  const player = withLane(APART);
  const preview = drag(player, 221, 301);
  assert.deepEqual([preview.start, preview.stop, preview.label], [55, 75, 2]);
  assert.deepEqual([textOf(player), player.preview], [["walk 1-2", "jump 2.2-3", "run 4-5"], null]);
  drag(player, 360, 320);
  assert.deepEqual(textOf(player), ["walk 1-2", "jump 2.2-3", "jump 3.2-3.6", "run 4-5"]);
  assert.deepEqual(kindsOf(player), ["paint", "paint"]);
});

test("the key of the next label renames neither what was just drawn nor what was just moved", () => {
  const player = withLane(APART);
  drag(player, 221, 301);
  labelDown(player, 0, "Digit1");
  labelUp(player, "Digit1");
  assert.deepEqual([textOf(player), player.brush], [["walk 1-2", "jump 2.2-3", "run 4-5"], 0]);
  drag(player, 300, 320);
  labelDown(player, 1, "Digit2");
  labelUp(player, "Digit2");
  assert.deepEqual([textOf(player), player.brush], [["walk 1-2", "jump 2.2-3.2", "run 4-5"], 1]);
  drag(player, 360, 380);
  assert.deepEqual(textOf(player), ["walk 1-2", "jump 2.2-3.2", "run 3.6-3.8", "run 4-5"]);
});

test("a segment that was clicked stays selected while it is dragged, and then takes another label", () => {
  const player = withLane(APART);
  down(player, 150);
  up(player, 150);
  drag(player, 150, 170);
  labelDown(player, 1, "Digit2");
  assert.deepEqual([textOf(player), kindsOf(player)], [["run 1.2-2.2", "run 4-5"], ["change", "label"]]);
});

test("a drag with the brush of unlabelled clears the stretch and what was looked at", () => {
  const player = withLane([[1, 2, "walk"]]);
  player.brush = UNLABELLED;
  drag(player, 250, 350);
  assert.deepEqual([kindsOf(player), player.rows[0].seen], [["unlabel"], [[0, 2.48], [3.48, 6]]]);
});

test("the picture shows the frame at the moving end", () => {
  const player = withLane([]);
  down(player, 221);
  move(player, 301);
  assert.equal(player.frame, 74, "the last frame of what is drawn");
  move(player, 101);
  assert.equal(player.frame, 25, "or its first");
});

test("nothing is sent where the browser takes the pointer away, or where the mouse hardly moved", () => {
  const player = withLane([]);
  down(player, 221);
  move(player, 301);
  pointerUp(player, pointer("pointercancel", 301), () => {});
  assert.deepEqual([player.outbox, player.preview, player.gesture], [[], null, null]);
  drag(player, 221, 224);
  assert.deepEqual(player.outbox, []);
});

test("a border snaps to the playhead and to ends that are within five pixels", () => {
  const player = withLane([[1.013, 2, "walk"]]);
  player.moment = 3;
  assert.deepEqual([101.3, 105, 107, 296, 304].map((x) => snap(player, x)), [26, 26, 27, 75, 75]);
  assert.equal(snap(player, 291), 73, "elsewhere it is the nearest border between frames");
  assert.equal(snap(player, 107.9), 27);
  assert.equal(snap(player, 204, player.rows[0].segments[0]), 51, "the ends of what is moved do not count");
  assert.equal(snap(player, 204), 50);
  const many = withLane(Array.from({ length: 10 }, (_, i) => [0.5 * i, 0.5 * i + 0.3, "walk"]));
  assert.deepEqual([snap(many, 333), snap(many, 347)], [83, 88], "ends far along the lane count as well");
});

test("what the mouse holds: ends within seven pixels, else the body, else nothing", () => {
  const player = withLane(APART);
  const kinds = [92, 94, 100, 107, 108, 150, 192, 194, 207, 208, 300].map((x) => {
    const { kind, index } = gripAt(player, player.rows[0], x, false);
    return `${kind} ${index}`;
  });
  assert.deepEqual(kinds, [
    "blank -1", "start 0", "start 0", "start 0", "body 0", "body 0", "body 0", "stop 0", "stop 0", "blank -1", "blank -1",
  ]);
  assert.equal(gripAt(player, player.rows[0], 88, true).kind, "start", "a finger reaches twice as far");
});

test("the middle third of a short segment is always its body", () => {
  const player = withLane([[1, 1.12, "walk"]]);
  const kinds = [101, 103, 106, 109, 111].map((x) => gripAt(player, player.rows[0], x, false).kind);
  assert.deepEqual(kinds, ["start", "start", "body", "stop", "stop"]);
});

test("an end is dragged as far as the neighbour", () => {
  const player = withLane(APART);
  drag(player, 199, 251);
  assert.equal(textOf(player)[0], "walk 1-2.52", "to the nearest border between frames");
  drag(player, 252, 450);
  assert.deepEqual(textOf(player), ["walk 1-4", "run 4-5"]);
  drag(player, 101, 40);
  assert.equal(textOf(player)[0], "walk 0.4-4");
  assert.deepEqual(kindsOf(player), ["change", "change", "change"]);
});

test("an end is never dragged over the other one", () => {
  const player = withLane(APART);
  drag(player, 401, 560);
  assert.deepEqual(textOf(player), ["walk 1-2", "run 4.96-5"], "one frame is left");
});

test("a segment is dragged as a whole as far as there is room", () => {
  const player = withLane(APART);
  drag(player, 150, 190);
  assert.equal(textOf(player)[0], "walk 1.4-2.4");
  drag(player, 200, 500);
  assert.deepEqual(textOf(player), ["walk 3-4", "run 4-5"]);
  drag(player, 350, 10);
  assert.deepEqual(textOf(player), ["walk 0-1", "run 4-5"]);
});

test("a border that two segments share moves both, with Shift only the one that is held", () => {
  const player = withLane(TWO);
  drag(player, 199, 240);
  assert.deepEqual(textOf(player), ["walk 1-2.4", "run 2.4-3"]);
  drag(player, 241, 151);
  assert.deepEqual([textOf(player), kindsOf(player)], [["walk 1-1.52", "run 1.52-3"], ["border", "border"]]);
  const apart = withLane(TWO);
  drag(apart, 199, 151, { shiftKey: true });
  assert.deepEqual([textOf(apart), kindsOf(apart)], [["walk 1-1.52", "run 2-3"], ["change"]]);
});

test("a shared border leaves each of the two a frame", () => {
  const player = withLane(TWO);
  drag(player, 199, 400);
  assert.deepEqual(textOf(player), ["walk 1-2.96", "run 2.96-3"]);
});

test("a click chooses a segment and goes to its first frame", () => {
  const player = withLane(TWO);
  down(player, 250);
  up(player, 250);
  assert.deepEqual([player.selected.at, player.frame, player.chosenRow], [2.5, 50, player.rows[0]]);
  down(player, 450);
  up(player, 450);
  assert.deepEqual([player.selected, player.frame, player.outbox], [null, 112, []]);
});

test("a lane that cannot be edited is only looked through", () => {
  const player = withLane([], { rows: [packed({ name: "predicted", edits: false, segments: TWO })] });
  drag(player, 199, 240);
  assert.deepEqual([player.outbox, player.frame], [[], 60]);
  move(player, 150);
  assert.deepEqual([player.lane.style.cursor, player.lane.title], ["pointer", "walk, 0:01.0 to 0:02.0, confidence 90 %"]);
});

test("each lane is held at its own height, the last one below all", () => {
  const player = withLane([], { rows: [packed(), packed({ name: "second" })] });
  const names = [0, 39, 40, 79, 300].map((clientY) => {
    down(player, 221, { clientY });
    const { row } = player.gesture;
    player.gesture = null;
    player.pointers.clear();
    return row.name;
  });
  assert.deepEqual(names, ["mine", "mine", "second", "second", "second"]);
});

test("the cursor says what would be held, and a curve its value", () => {
  const player = withLane(APART);
  const cursors = [100, 150, 300].map((x) => {
    move(player, x);
    return player.lane.style.cursor;
  });
  assert.deepEqual(cursors, ["ew-resize", "grab", "crosshair"]);
  const curves = [{ name: "walk", colour: "#112233", times: [0, 1, 2], values: [0, 255, 51] }];
  const scored = withLane([], { rows: [packed({ edits: false, curves })] });
  move(scored, 160);
  assert.equal(scored.lane.title, "walk, 20 % at 0:01.60");
  move(scored, 140);
  assert.equal(scored.lane.title, "walk, 100 % at 0:01.40");
});

test("lanes from the server wait for the end of a drag", () => {
  const player = withLane(TWO);
  down(player, 351);
  move(player, 451);
  player.data = { ...player.data, rows: [packed({ segments: [[0, 0.4, "jump"], ...TWO] })] };
  setRows(player);
  assert.deepEqual(textOf(player), ["walk 1-2", "run 2-3"]);
  up(player, 451);
  assert.deepEqual(textOf(player), ["jump 0-0.4", "walk 1-2", "run 2-3", "jump 3.52-4.52"]);
});

test("Alt or the middle button pans, and panning edits nothing", () => {
  for (const more of [{ altKey: true }, { button: 1 }]) {
    const player = withLane(TWO);
    player.view = { from: 2, to: 4 };
    drag(player, 300, 150, more);
    assert.deepEqual([player.view, player.outbox], [{ from: 2.5, to: 4.5 }, []]);
  }
});

test("two fingers zoom around the point between them", () => {
  const player = withLane([]);
  const finger = (id) => ({ pointerId: id, pointerType: "touch" });
  down(player, 200, finger(1));
  down(player, 400, finger(2));
  move(player, 100, finger(1));
  move(player, 500, finger(2));
  assert.deepEqual(player.view, { from: 1.5, to: 4.5 });
  up(player, 100, finger(1));
  up(player, 500, finger(2));
  assert.deepEqual([player.outbox, player.pointers.size], [[], 0]);
});

test("Ctrl and the wheel zoom at the mouse, sideways pans, the wheel alone is the page's", () => {
  const player = withLane([]);
  const turn = (changes) => {
    let taken = false;
    const event = { deltaX: 0, deltaY: 0, clientX: 200, clientY: 10, ctrlKey: false, metaKey: false, shiftKey: false };
    wheel(player, { ...event, currentTarget: player.lane, preventDefault: () => (taken = true), ...changes });
    return taken;
  };
  assert.equal(turn({ deltaY: -100, ctrlKey: true }), true);
  const { from, to } = player.view;
  assert.ok(to - from < 6 && Math.abs(from + (to - from) / 3 - 2) < 1e-9, "the time under the mouse stays there");
  turn({ deltaX: 60 });
  assert.ok(Math.abs(player.view.from - (from + (to - from) / 10)) < 1e-9);
  turn({ deltaY: -60, shiftKey: true });
  assert.ok(Math.abs(player.view.from - from) < 1e-9);
  assert.equal(turn({ deltaY: 100 }), false);
  assert.match(player.status.textContent, /hold Ctrl and scroll/);
  assert.equal(turn({ deltaY: 100, currentTarget: player.ruler }), true, "on the ruler it zooms");
});
