import assert from "node:assert/strict";
import { test } from "node:test";
import { animate, drawn } from "./dom.js";
import { blend, surface, write } from "../../pages/ui/common/player/canvas.js";
import { describe, drawButtons, drawPlayhead, layOut, redraw, resize } from "../../pages/ui/common/player/draw.js";
import { selectAndGo } from "../../pages/ui/common/player/edit.js";
import { drawLanes, valueAt } from "../../pages/ui/common/player/lanes.js";
import { clock, number, percent, tickStep } from "../../pages/ui/common/player/formatting.js";
import { packed, playerOf } from "./player.js";

const TWO = [[1, 2, "walk", 0.5], [2, 3, "run"]];

/** The calls that draw lanes: name, rounded arguments and fill of each. */
function lanesOf(player) {
  drawn.length = 0;
  drawLanes(player);
  return drawn.filter(({ canvas }) => canvas.className === "lanes").map(({ name, args, fill }) => ({ name, args, fill }));
}

const rectangles = (calls, fill) => calls.filter((call) => call.name === "fillRect" && call.fill === fill).map(({ args }) => args);

test("times, numbers and shares as people read them", () => {
  assert.deepEqual([clock(0), clock(83.456, 2), clock(59.999, 2), clock(3725, 1)], ["0:00", "1:23.46", "1:00.00", "1:02:05.0"]);
  assert.deepEqual([number(999), number(1000), number(1234567)], ["999", "1\u202f000", "1\u202f234\u202f567"]);
  assert.deepEqual([percent(0.456), percent(1)], ["46 %", "100 %"]);
});

test("a colour on a ground, and the ink that reads on it", () => {
  assert.deepEqual(blend("#000000", 1, "#FFFFFF"), { fill: "rgb(0 0 0)", ink: "#FFF", packed: 0xff000000 | 0 });
  assert.deepEqual(blend("#0072B2", 0.5, "#FFFFFF"), { fill: "rgb(128 185 217)", ink: "#000", packed: (0xff << 24) | (217 << 16) | (185 << 8) | 128 });
  assert.equal(blend("#0072B2", 0.5, "light").fill, "rgb(128 185 217)", "a ground that is no colour is white");
});

test("a canvas has the pixels of the screen, two for each at most", (t) => {
  const sizes = [1, 2, 3].map((ratio) => {
    globalThis.devicePixelRatio = ratio;
    const canvas = document.createElement("canvas");
    surface(canvas, 600, 39);
    return [canvas.width, canvas.height];
  });
  t.after(() => delete globalThis.devicePixelRatio);
  assert.deepEqual(sizes, [[600, 39], [1200, 78], [1200, 78]]);
});

test("the surer a prediction is, the stronger its colour", () => {
  const segments = [[0, 1, "walk", 0], [1, 2, "walk", 1], [2, 3, "walk"]];
  const calls = lanesOf(playerOf({ rows: [packed({ segments })] }));
  assert.deepEqual(rectangles(calls, blend("#0072B2", 0.3, "#FFFFFF").fill), [[0, 0, 100, 39]]);
  assert.deepEqual(rectangles(calls, blend("#0072B2", 1, "#FFFFFF").fill), [[100, 0, 100, 39], [200, 0, 100, 39]]);
  assert.deepEqual(rectangles(calls, "#0072B2"), [[0, 36, 100, 3], [100, 36, 100, 3]], "a line in the full colour");
});

test("only what is in view is drawn, and named where there is room", () => {
  const player = playerOf({ rows: [packed({ segments: [[0, 1, "walk"], [1, 1.2, "run"], [5, 6, "jump"]] })] });
  player.view = { from: 0.5, to: 3.5 };
  const calls = lanesOf(player);
  const fill = blend("#0072B2", 1, "#FFFFFF").fill;
  assert.deepEqual(rectangles(calls, fill).map((args) => args.map(Math.round)), [[-2, 0, 102, 39], [100, 0, 40, 39]]);
  assert.deepEqual(calls.filter(({ name }) => name === "fillText").map(({ args }) => args[0]), ["walk", "run"]);
});

test("ten thousand segments cost one line of pixels", () => {
  const segments = Array.from({ length: 10_000 }, (_, i) => [0.0006 * i, 0.0006 * (i + 1), i < 5000 ? "walk" : "run"]);
  const palette = ["#FF0000", "#00FF00", "#0000FF"].map((colour, i) => ({ label: ["walk", "run", "jump"][i], colour }));
  const player = playerOf({ rows: [packed({ segments })], palette });
  const calls = lanesOf(player);
  assert.ok(calls.length < 20, `${calls.length} calls`);
  assert.equal(calls.filter(({ name }) => name === "drawImage").length, 1);
  const { args: [image] } = drawn.find(({ name }) => name === "putImageData");
  const pixels = new Uint32Array(image.data.buffer);
  assert.deepEqual([pixels.length, pixels[0], pixels[299], pixels[301], pixels[599]], [600, 0xff0000ff, 0xff0000ff, 0xff00ff00, 0xff00ff00]);
});

test("pixels are those of the part in view", () => {
  const segments = Array.from({ length: 10_000 }, (_, i) => [0.0006 * i, 0.0006 * (i + 1), i < 5000 ? "walk" : "run"]);
  const palette = ["#FF0000", "#00FF00"].map((colour, i) => ({ label: ["walk", "run"][i], colour }));
  const player = playerOf({ rows: [packed({ segments })], palette });
  player.view = { from: 2.5, to: 4.5 };
  lanesOf(player);
  const { args: [image] } = drawn.find(({ name }) => name === "putImageData");
  const pixels = new Uint32Array(image.data.buffer);
  assert.deepEqual([pixels[0], pixels[148], pixels[152], pixels[599]], [0xff0000ff, 0xff0000ff, 0xff00ff00, 0xff00ff00]);
});

test("colours follow the theme", (t) => {
  const timer = t.mock.method(performance, "now", () => timer.time);
  timer.time = 10_000;
  const player = playerOf({ rows: [packed({ segments: [[1, 2, "walk", 0]] })] });
  const fillOn = (ground, border) => {
    player.box.style.setProperty("--st-secondary-background-color", ground);
    player.box.style.setProperty("--st-border-color", border);
    return rectangles(lanesOf(player), blend("#0072B2", 0.3, ground).fill).length;
  };
  assert.equal(fillOn("#FFFFFF", "#CCCCCC"), 1);
  timer.time += 499;
  assert.equal(fillOn("#000000", "#333333"), 0, "the theme is not read for each picture");
  timer.time += 1;
  assert.equal(fillOn("#000000", "#333333"), 1);
});

test("what nobody looked at is hatched", () => {
  const calls = lanesOf(playerOf({ rows: [packed({ seen: [[1, 2], [3, 6]] })] }));
  assert.deepEqual(rectangles(calls, "pattern"), [[0, 0, 100, 39], [200, 0, 100, 39]]);
  assert.deepEqual(rectangles(lanesOf(playerOf()), "pattern"), []);
  const player = playerOf({ rows: [packed({ seen: [[1, 2], [3, 6]] })] });
  player.view = { from: 2, to: 5 };
  assert.deepEqual(rectangles(lanesOf(player), "pattern"), [[0, 0, 200, 39]]);
});

test("of many values of a curve in a column the least and the greatest are drawn", () => {
  const times = Float32Array.from({ length: 6000 }, (_, i) => i / 1000);
  const values = Uint8Array.from({ length: 6000 }, (_, i) => (i === 105 ? 255 : i === 106 ? 0 : 100));
  const player = playerOf({ rows: [packed({ curves: [{ name: "motion", colour: "#112233", times, values }] })] });
  const lines = lanesOf(player).filter(({ name }) => name === "lineTo");
  assert.equal(lines.length, 2400, "four for each of 600 columns");
  const heights = lines.filter(({ args: [x] }) => Math.floor(x) === 10).map(({ args: [, y] }) => y);
  assert.deepEqual([Math.min(...heights), Math.max(...heights)], [18, 37]);
  player.view = { from: 1, to: 4 };
  const inView = lanesOf(player).filter(({ name }) => name === "lineTo");
  assert.ok(inView.length < 2450, `${inView.length} points`);
});

test("the value of a curve is that of the nearest time", () => {
  const curve = { times: Float32Array.of(0, 1, 2), values: Uint8Array.of(0, 255, 51) };
  assert.deepEqual([-1, 0.4, 0.6, 1.6, 9].map((seconds) => valueAt(curve, seconds)), [0, 0, 1, 0.2, 0.2]);
});

test("what is being drawn and what is chosen have a frame around them", () => {
  const player = playerOf({ rows: [packed({ segments: TWO })] });
  player.preview = { row: player.rows[0], start: 100, stop: 125, label: 2 };
  player.selected = { row: player.rows[0], at: 1.5 };
  const calls = lanesOf(player);
  assert.deepEqual(rectangles(calls, "#0072B2").at(-1), [400, 0, 100, 39]);
  assert.deepEqual(calls.filter(({ name }) => name === "strokeRect").map(({ args }) => args), [[401, 1, 98, 37], [101.25, 1.25, 97.5, 36.5]]);
});

test("borders between frames appear where they are wide enough", () => {
  const player = playerOf();
  const count = () => lanesOf(player).filter(({ name, args }) => name === "fillRect" && args[2] === 1 && args[3] === player.height).length;
  player.height = 39;
  assert.equal(count(), 0);
  player.view = { from: 1, to: 2 };
  assert.equal(count(), 26);
  const lines = lanesOf(player).filter(({ name, args }) => name === "fillRect" && args[2] === 1 && args[3] === 39);
  assert.deepEqual(lines.slice(0, 2).map(({ args: [x] }) => Number(x.toFixed(3))), [-0.5, 23.5]);
});

test("the ruler has a tick about every 82 pixels", () => {
  assert.deepEqual([[6, 600], [60, 1440], [14_400, 1440], [0.5, 600], [1e6, 600]].map(([span, width]) => tickStep(span, width)), [1, 5, 1200, 0.1, 144_000]);
});

test("the ruler counts frames where they are wide enough, else seconds", () => {
  const player = playerOf();
  const ticks = (from, to) => {
    player.view = { from, to };
    drawn.length = 0;
    redraw(player);
    animate();
    return drawn.filter(({ name, canvas }) => name === "fillText" && canvas.className === "ruler").map(({ args }) => args[0]);
  };
  animate();
  assert.deepEqual(ticks(0, 6), ["0:00", "0:01", "0:02", "0:03", "0:04", "0:05", "0:06"]);
  assert.deepEqual(ticks(1, 2), ["frame 25", "frame 30", "frame 35", "frame 40", "frame 45", "frame 50"]);
  assert.deepEqual(ticks(5.8, 6), ["frame 145", "frame 146", "frame 147", "frame 148", "frame 149"]);
});

test("lanes lie below each other, with names above them where the player is narrow", () => {
  const rows = [packed(), packed({ name: "b", curves: [{ name: "x", colour: "#112233", times: [], values: [] }] }), packed({ name: "c" })];
  const player = playerOf({ rows });
  Object.defineProperty(player.lane, "offsetWidth", { value: 800, configurable: true });
  layOut(player);
  assert.deepEqual(player.rows.map(({ top, height }) => [top, height]), [[0, 32], [33, 58], [92, 32]]);
  assert.deepEqual([player.height, player.lane.style.height], [125, "125px"]);
  Object.defineProperty(player.lane, "offsetWidth", { value: 400 });
  layOut(player);
  assert.deepEqual(player.rows.map(({ top }) => top), [18, 69, 146]);
});

test("however often a redraw is requested it draws once", () => {
  const player = playerOf({ rows: [packed({ segments: TWO })] });
  animate();
  player.drawn = 0;
  for (let i = 0; i < 5; i += 1) redraw(player);
  animate();
  animate();
  assert.equal(player.drawn, 1);
  redraw(player);
  animate();
  assert.equal(player.drawn, 2);
});

test("the overview appears as soon as the lanes show a part, and is drawn again only where labels changed", () => {
  const player = playerOf({ rows: [packed({ segments: TWO })] });
  const overviewCalls = () => {
    drawn.length = 0;
    redraw(player);
    animate();
    return drawn.filter(({ canvas }) => canvas.className === "smallLanes").length;
  };
  animate();
  overviewCalls();
  assert.equal(player.overview.hidden, true);
  player.view = { from: 1, to: 4 };
  assert.ok(overviewCalls() > 0);
  assert.equal(player.overview.hidden, false);
  assert.deepEqual([player.overviewWindow.style.transform, player.overviewWindow.style.width], ["translateX(100px)", "300px"]);
  assert.equal(overviewCalls(), 0);
  player.version += 1;
  assert.ok(overviewCalls() > 0);
});

test("the playhead is hidden where it is out of view", () => {
  const player = playerOf();
  player.view = { from: 1, to: 3 };
  const visible = [0.9, 1, 2, 3, 3.1].map((moment) => {
    player.moment = moment;
    drawPlayhead(player);
    return player.playhead.style.visibility;
  });
  assert.deepEqual(visible, ["hidden", "visible", "visible", "visible", "hidden"]);
  player.moment = 2;
  drawPlayhead(player);
  assert.deepEqual([player.playhead.style.transform, player.overviewPlayhead.style.transform], ["translateX(300px)", "translateX(200px)"]);
});

test("segments in view are buttons that say what they are", () => {
  const player = playerOf({ rows: [packed({ segments: TWO }), packed({ name: "predicted", edits: false, segments: [[4, 5, "jump", 0.25]] })] });
  drawButtons(player);
  const buttons = [...player.buttons.querySelectorAll("button")];
  assert.deepEqual(buttons.map((button) => button.getAttribute("aria-label")), [
    "Select walk, 0:01.0 to 0:02.0, confidence 50 %",
    "Select run, 0:02.0 to 0:03.0",
    "Play jump, 0:04.0 to 0:05.0, confidence 25 %",
  ]);
  assert.equal(describe(player, player.rows[0].segments[0]), buttons[0].title);
  assert.equal(buttons[0].style.left, "100px");
  player.view = { from: 1.5, to: 2.5 };
  drawButtons(player);
  const cut = [...player.buttons.querySelectorAll("button")].map(({ textContent, style }) => [textContent, style.left, style.width]);
  assert.deepEqual(cut, [["walk", "0px", "300px"], ["run", "300px", "300px"]]);
  buttons[0].onclick({ detail: 0 });
  assert.equal(player.selected.at, 1.5);
  buttons[1].onclick({ detail: 1 });
  assert.equal(player.selected.at, 1.5, "the mouse is the lane's");
});

test("more than 200 segments in view are no buttons", () => {
  const many = (count) => Array.from({ length: count }, (_, i) => [0.02 * i, 0.02 * (i + 1), "walk"]);
  const player = playerOf({ rows: [packed({ segments: many(200) })] });
  drawButtons(player);
  assert.equal(player.buttons.querySelectorAll("button").length, 200);
  const more = playerOf({ rows: [packed({ segments: many(201) })] });
  drawButtons(more);
  assert.equal(more.buttons.querySelectorAll("button").length, 0);
});

test("names have the room that they need, and more of it in a wide player", () => {
  const roomOf = (name, clientWidth) => {
    const player = playerOf({ rows: [packed({ name })] });
    Object.defineProperty(player.box, "clientWidth", { value: clientWidth });
    resize(player);
    return player.names.style.width;
  };
  const [long, short] = ["differs, actions · Ann and Bob", "network"];
  assert.deepEqual([roomOf(long, 900), roomOf(long, 1800), roomOf(short, 1800)], ["9rem", "16rem", "4.5rem"]);
});

test("names stand beside the lanes; one of several of one's own can be made the active one", () => {
  const rows = [packed({ name: "Ann" }), packed({ name: "Bob" }), packed({ name: "predicted", edits: false })];
  const player = playerOf({ rows, active: "Ann" });
  resize(player);
  const names = [...player.names.children];
  assert.deepEqual(names.map((name) => [name.tagName, name.textContent, name.classList.contains("active")]), [
    ["BUTTON", "Ann", true], ["BUTTON", "Bob", false], ["SPAN", "predicted", false],
  ]);
  names[1].click();
  assert.deepEqual([player.active.name, names[1].classList.contains("active")], ["Bob", true]);
  const single = playerOf({ rows: [packed({ name: "Ann" }), packed({ name: "predicted", edits: false })] });
  resize(single);
  assert.deepEqual([...single.names.children].map((name) => name.tagName), ["SPAN", "SPAN"]);
});

test("a segment that cannot be edited is played from its start", () => {
  const player = playerOf({ rows: [packed({ edits: false, segments: TWO })] });
  selectAndGo(player, player.rows[0], player.rows[0].segments[1]);
  assert.deepEqual([player.frame, player.chosenRow], [50, player.rows[0]]);
});

test("a name is shortened to its room", () => {
  const texts = [];
  const ctx = { measureText: (text) => ({ width: 10 * text.length }), fillText: (text) => texts.push(text) };
  for (const room of [200, 80, 65, 19, 10]) write(ctx, "skipping", 0, 0, room, "#000");
  assert.deepEqual(texts, ["skipping", "skipping", "skipp…", ""]);
});
