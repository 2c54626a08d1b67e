import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn } from "./dom.js";
import { drawButtons } from "../../pages/ui/common/player/draw.js";
import { history, labelDown, paintTo, setBrush } from "../../pages/ui/common/player/edit.js";
import { keyDown, toggleHelp } from "../../pages/ui/common/player/keys.js";
import { drawLanes } from "../../pages/ui/common/player/lanes.js";
import { showFrame, stepBorder } from "../../pages/ui/common/player/playback.js";
import { setRows } from "../../pages/ui/common/player/player.js";
import { pointerDown, pointerMove, pointerUp } from "../../pages/ui/common/player/pointer.js";
import { pointUnder } from "../../pages/ui/common/player/points/point_drawing.js";
import { selectPointAndGo } from "../../pages/ui/common/player/points/point_edits.js";
import { pointsOnFrame, selectedPoint } from "../../pages/ui/common/player/points/point_rows.js";
import { rowOf } from "../../pages/ui/common/player/rows.js";
import { drawTools } from "../../pages/ui/common/player/shell.js";
import { dataOf, kindsOf, packed, playerOf, pointsIn, textOf } from "./player.js";

// A second is 100 px wide, a frame 4 px; the first lane is 39 px high, and its diamonds lie at 30 px.
const TWO = [[1, 2, "walk"], [2, 3, "run"]];
const RUN = 1;
const JUMP = 2;

/** A lane where “jump”, and “run” where both are wanted, are points. */
function withPoints(points = [], { segments = TWO, both = false, ...changes } = {}) {
  const rows = [packed({ segments, points })];
  const player = playerOf({ rows, points: both ? [RUN, JUMP] : [JUMP], ...changes });
  player.lane.getBoundingClientRect = () => ({ left: 0, top: 0 });
  return player;
}

/** A key of the player at a frame. */
function press(player, key, frame = player.frame, more = {}) {
  showFrame(player, frame, player.table.starts[frame]);
  const event = new KeyboardEvent("keydown", { key, code: key, bubbles: true, composed: true, cancelable: true, ...more });
  event.composedPath = () => [player.box];
  keyDown(player, event, true);
}

test("the points of a lane are read as the server packed them, again only where they changed", () => {
  const decoded = new Map();
  const { points } = rowOf(packed({ points: [[0.5, "jump"], [2, "run", 0.25]] }), decoded);
  assert.deepEqual(points, [{ time: 0.5, label: JUMP, confidence: null }, { time: 2, label: RUN, confidence: 0.25 }]);
  assert.equal(rowOf(packed({ points: [[0.5, "jump"], [2, "run", 0.25]] }), decoded).points, points);
  assert.equal(rowOf(packed({ points: [[0.5, "jump"]] }), decoded).points.length, 1);
});

test("the key of a point label sets a point at the frame on screen, and takes it away again", () => {
  const player = withPoints();
  press(player, "3", 40);
  assert.deepEqual([pointsIn(player), textOf(player)], [["jump 1.6"], ["walk 1-2", "run 2-3"]]);
  const { kind, start, label, mark } = player.outbox[0];
  assert.deepEqual({ kind, start, label, mark }, { kind: "point", start: 40, label: "jump", mark: "" });
  assert.equal(player.status.textContent, "jump, at 0:01.60, mine");
  assert.equal(player.confidence.textContent, "◆ jump");
  assert.deepEqual([selectedPoint(player), player.painting], [null, null]);
  press(player, "3", 40);
  assert.deepEqual([pointsIn(player), player.outbox[1].mark, player.outbox[1].at], [[], "jump", 1.6]);
  assert.equal(player.confidence.textContent, "");
});

test("points are set at the first and the last frame, and two on one frame", () => {
  const player = withPoints([], { both: true });
  for (const [key, frame] of [["3", 0], ["2", 0], ["3", 149]]) press(player, key, frame);
  assert.deepEqual(pointsIn(player), ["jump 0", "run 0", "jump 5.96"]);
  press(player, "3", 0);
  assert.deepEqual(pointsIn(player), ["run 0", "jump 5.96"]);
});

test("a point does not end what is being painted", () => {
  const player = withPoints();
  labelDown(player, 0, "Digit1");
  paintTo(player, 20);
  press(player, "3", 20);
  assert.deepEqual([pointsIn(player), player.painting.label], [["jump 0.8"], 0]);
});

test("a chosen segment is not renamed by the key of a point", () => {
  const player = withPoints();
  player.selected = { row: player.rows[0], at: 1.5 };
  press(player, "3", 30);
  assert.deepEqual([textOf(player), pointsIn(player)], [["walk 1-2", "run 2-3"], ["jump 1.2"]]);
});

test("a chosen point gets the label of another key, moves by frames and is deleted", () => {
  const player = withPoints([[1.6, "jump"]], { both: true });
  selectPointAndGo(player, player.rows[0], player.rows[0].points[0]);
  assert.equal(player.frame, 40);
  press(player, "2");
  assert.deepEqual([pointsIn(player), selectedPoint(player).label], [["run 1.6"], RUN]);
  press(player, "ArrowRight", 40, { altKey: true });
  assert.deepEqual([pointsIn(player), player.frame], [["run 1.64"], 41]);
  press(player, "I", 10, { shiftKey: true });
  assert.deepEqual(pointsIn(player), ["run 0.4"]);
  press(player, "Delete");
  assert.deepEqual([pointsIn(player), textOf(player)], [[], ["walk 1-2", "run 2-3"]]);
  assert.deepEqual(kindsOf(player), ["label", "change", "change", "delete"]);
});

test("Delete takes a segment at the playhead before a point there, and a point where there is no segment", () => {
  const player = withPoints([[1.6, "jump"], [4, "jump"]]);
  press(player, "Delete", 40);
  assert.deepEqual([textOf(player), pointsIn(player)], [["run 2-3"], ["jump 1.6", "jump 4"]]);
  press(player, "Delete", 100);
  assert.deepEqual([textOf(player), pointsIn(player)], [["run 2-3"], ["jump 1.6"]]);
});

test("a point does not leave the clip", () => {
  const player = withPoints([[0, "jump"]]);
  selectPointAndGo(player, player.rows[0], player.rows[0].points[0]);
  press(player, "ArrowLeft", 0, { altKey: true });
  assert.deepEqual([pointsIn(player), player.outbox.length], [["jump 0"], 0]);
  assert.equal(player.status.textContent, "The end of the clip is in the way");
});

test("a point of a file that lies between frames belongs to the frame on screen there", () => {
  const player = withPoints([[1.613, "jump"], [1.639999, "jump"]]);
  const texts = [40, 41].map((frame) => pointsOnFrame(player, player.rows[0], frame).map(({ time }) => time));
  assert.deepEqual(texts, [[1.613], [1.639999]], "a millionth of a second is rounding");
  press(player, "3", 40);
  assert.deepEqual([pointsIn(player), player.outbox[0].at], [["jump 1.64"], 1.613]);
  const last = withPoints([[6, "jump"]]);
  assert.equal(pointsOnFrame(last, last.rows[0], 149).length, 1, "also at the end of the clip");
});

const pointer = (type, x, y, more = {}) => ({
  type, clientX: x, clientY: y, pointerId: 1, button: 0, altKey: false, shiftKey: false, pointerType: "mouse", ...more,
});

function drag(player, from, to, y = 30) {
  pointerDown(player, pointer("pointerdown", from, y));
  for (const x of [(from + to) / 2, to]) pointerMove(player, pointer("pointermove", x, y));
  const { preview } = player;
  pointerUp(player, pointer("pointerup", to, y), () => setRows(player));
  return preview;
}

test("a diamond is clicked and dragged; beside it the segment beneath is", () => {
  const player = withPoints([[1.6, "jump"]]);
  pointerDown(player, pointer("pointerdown", 163, 30));
  pointerUp(player, pointer("pointerup", 163, 30), () => setRows(player));
  assert.deepEqual([selectedPoint(player).time, player.frame], [1.6, 40]);
  const preview = drag(player, 160, 240);
  assert.deepEqual([preview.point, preview.start, pointsIn(player), textOf(player)], [true, 60, ["jump 2.4"], ["walk 1-2", "run 2-3"]]);
  assert.equal(pointUnder(player, player.rows[0], 240, 10, false), null, "above the diamond");
  assert.equal(pointUnder(player, player.rows[0], 250, 30, false), null);
  assert.equal(pointUnder(player, player.rows[0], 250, 30, true)?.time, 2.4, "fingers are broad");
  drag(player, 240, 700);
  assert.deepEqual(pointsIn(player), ["jump 5.96"]);
});

test("points on one frame stand above each other, and each can be clicked", () => {
  const player = withPoints([[1.6, "jump"], [1.6, "run"], [3, "run"]], { both: true });
  const labels = [[160, 30], [160, 19], [300, 30]].map(([x, y]) => pointUnder(player, player.rows[0], x, y, false)?.label);
  assert.deepEqual(labels, [JUMP, RUN, RUN]);
  assert.equal(pointUnder(player, player.rows[0], 300, 19, false), null);
  assert.deepEqual(marksOf(player).lines, [159, 299], "one line for both");
});

test("points of other lanes are not moved, but copied", () => {
  const rows = [packed(), packed({ name: "ann", edits: false, points: [[2, "jump"]] })];
  const player = withPoints([], { rows });
  const [, other] = player.rows;
  selectPointAndGo(player, other, other.points[0]);
  press(player, "Delete");
  assert.equal(player.status.textContent, "ann cannot be edited. Press Enter to copy this point to mine.");
  press(player, "Enter");
  assert.deepEqual([pointsIn(player), pointsIn(player, "ann")], [["jump 2"], ["jump 2"]]);
});

test("what is chosen and not yet sent outlasts new lanes from the server", () => {
  const player = withPoints([[1.6, "jump"]]);
  selectPointAndGo(player, player.rows[0], player.rows[0].points[0]);
  press(player, "3", 100);
  player.data = dataOf({ points: [JUMP], rows: [packed({ segments: TWO, points: [[1, "jump"], [1.6000004, "jump"]] })] });
  setRows(player);
  assert.deepEqual(pointsIn(player), ["jump 1", "jump 1.6", "jump 4"]);
  assert.equal(selectedPoint(player).time, 1.6000004);
  history(player, "undo");
  assert.deepEqual([kindsOf(player), player.selected], [["point", "undo"], null]);
});

test("points are stops of the keys for borders, and are chosen there", () => {
  const player = withPoints([[1.6, "jump"], [4, "jump"]]);
  const stops = [1, 1, 1, 1, 1].map(() => stepBorder(player, 1) ?? [player.frame, selectedPoint(player)?.time]);
  assert.deepEqual(stops, [[25, undefined], [40, 1.6], [50, undefined], [75, undefined], [100, 4]]);
});

/** The diamonds and lines of a drawing: fills of paths, and rectangles one or two pixels wide. */
function marksOf(player) {
  drawn.length = 0;
  drawLanes(player);
  const calls = drawn.filter(({ canvas }) => canvas.className === "lanes");
  const lines = calls.filter(({ name, args }) => name === "fillRect" && args[2] === 2).map(({ args }) => Math.round(args[0]));
  return { lines, diamonds: calls.filter(({ name }) => name === "moveTo").map(({ args }) => Math.round(args[0])) };
}

test("a point is a line with a diamond, whole at the ends of the lane; many are lines only", () => {
  const player = withPoints([[0, "jump"], [1.6, "jump"]], { segments: [] });
  assert.deepEqual(marksOf(player), { lines: [-1, 159], diamonds: [6, 6, 160, 160] });
  player.view = { from: 1, to: 2 };
  assert.deepEqual(marksOf(player), { lines: [359], diamonds: [360, 360] });
  const many = Array.from({ length: 400 }, (_, at) => [at / 100, "jump"]);
  assert.deepEqual(marksOf(withPoints(many, { segments: [] })), { lines: [], diamonds: [] });
});

test("points in view are buttons with their label and time", () => {
  const player = withPoints([[1.6, "jump"]], { segments: [] });
  drawButtons(player);
  const [button] = player.buttons.querySelectorAll("button");
  assert.equal(button.getAttribute("aria-label"), "Select jump, at 0:01.60");
  button.onclick({ detail: 0 });
  assert.equal(selectedPoint(player).time, 1.6);
});

test("the button of a point label sets a point and never becomes the brush", () => {
  const player = withPoints([], { both: true });
  drawTools(player);
  const [walk, , jump] = player.chips.querySelectorAll("button");
  jump.click();
  assert.deepEqual([pointsIn(player), player.brush, jump.getAttribute("aria-pressed")], [["jump 0"], 0, "false"]);
  assert.equal(walk.getAttribute("aria-pressed"), "true");
  setBrush(player, 0);
  Object.assign(player, { data: { ...player.data, points: [0, 1, 2] } });
  drawTools(player);
  assert.equal(player.brush, -1, "where all labels are points, the mouse draws that nothing happens");
});

test("the list of shortcuts says which keys set points", () => {
  const player = withPoints();
  toggleHelp(player);
  const lines = [...player.helpBox.querySelectorAll("dl div")].map((line) => line.textContent);
  assert.ok(lines.includes("3set or delete the point “jump”") && lines.includes("2paint “run”"));
});
