import assert from "node:assert/strict";
import { test } from "node:test";
import { mount } from "./dom.js";
import crop from "../../pages/ui/prepare/crop.js";
import { drawn, isWhole, moved, nudged, resized, WHOLE } from "../../pages/ui/prepare/crop_box.js";

const LIMITS = { step: 0.1, width: 5, height: 10 };
const BOX = { left: 20, top: 30, right: 60, bottom: 80 };
const sides = ({ left, top, right, bottom }) => [left, top, right, bottom];

// The rectangle

test("a rectangle is drawn from any corner, on the grid and inside the picture", () => {
  assert.deepEqual(sides(drawn({ x: 10.04, y: 20 }, { x: 50.26, y: 70 }, LIMITS)), [10, 20, 50.3, 70]);
  assert.deepEqual(sides(drawn({ x: 50, y: 70 }, { x: 10, y: 20 }, LIMITS)), [10, 20, 50, 70]);
  assert.deepEqual(sides(drawn({ x: 90, y: -3 }, { x: 140, y: 40 }, LIMITS)), [90, 0, 100, 40]);
});

test("what is drawn too small becomes the least rectangle, towards where the pointer went", () => {
  assert.deepEqual(sides(drawn({ x: 50, y: 50 }, { x: 51, y: 51 }, LIMITS)), [50, 50, 55, 60]);
  assert.deepEqual(sides(drawn({ x: 50, y: 50 }, { x: 49, y: 49 }, LIMITS)), [45, 40, 50, 50]);
  assert.deepEqual(sides(drawn({ x: 99, y: 99 }, { x: 120, y: 120 }, LIMITS)), [95, 90, 100, 100]);
  assert.deepEqual(sides(drawn({ x: 1, y: 1 }, { x: -20, y: -20 }, LIMITS)), [0, 0, 5, 10]);
});

test("a rectangle is moved as a whole as far as the picture goes", () => {
  assert.deepEqual(sides(moved(BOX, { x: 5.03, y: -10 }, LIMITS)), [25, 20, 65, 70]);
  assert.deepEqual(sides(moved(BOX, { x: 90, y: -90 }, LIMITS)), [60, 0, 100, 50]);
  assert.deepEqual(sides(moved(WHOLE, { x: 9, y: 9 }, LIMITS)), sides(WHOLE));
});

test("sides and corners go where they are dragged, and opposite sides cannot meet", () => {
  assert.deepEqual(sides(resized(BOX, "w", { x: 30, y: 0 }, LIMITS)), [30, 30, 60, 80]);
  assert.deepEqual(sides(resized(BOX, "se", { x: 70.12, y: 90 }, LIMITS)), [20, 30, 70.1, 90]);
  assert.deepEqual(sides(resized(BOX, "w", { x: 99, y: 0 }, LIMITS)), [55, 30, 60, 80]);
  assert.deepEqual(sides(resized(BOX, "e", { x: 1, y: 0 }, LIMITS)), [20, 30, 25, 80]);
  assert.deepEqual(sides(resized(BOX, "n", { x: 0, y: 99 }, LIMITS)), [20, 70, 60, 80]);
  assert.deepEqual(sides(resized(BOX, "s", { x: 0, y: 1 }, LIMITS)), [20, 30, 60, 40]);
  assert.deepEqual(sides(resized(BOX, "nw", { x: -5, y: -5 }, LIMITS)), [0, 0, 60, 80]);
});

test("arrows move the rectangle, or the side that has the focus; other keys do nothing", () => {
  assert.deepEqual(sides(nudged(BOX, "", "ArrowLeft", 0.1, LIMITS)), [19.9, 30, 59.9, 80]);
  assert.deepEqual(sides(nudged(BOX, "e", "ArrowRight", 1, LIMITS)), [20, 30, 61, 80]);
  assert.deepEqual(sides(nudged(BOX, "n", "ArrowDown", 1, LIMITS)), [20, 31, 60, 80]);
  assert.deepEqual(sides(nudged(BOX, "n", "ArrowLeft", 1, LIMITS)), sides(BOX), "a horizontal side moves up and down");
  assert.equal(nudged(BOX, "", "Enter", 1, LIMITS), null);
});

test("the whole picture is no crop", () => {
  assert.deepEqual([isWhole(WHOLE), isWhole(BOX), isWhole({ ...WHOLE, right: 99.9 })], [true, false, false]);
});

// The component

const DATA = { source: "a.jpg", alt: "Before", name: "Before", facts: "frame 0", size: [200, 100], box: BOX, limits: LIMITS };

/** The picture, 200 x 100 px on the screen, at a clock that stands still; and what it sent. */
function made(t, changes = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const clock = t.mock.method(performance, "now", () => clock.time);
  clock.time = 10_000;
  const [root, sent] = [mount(), []];
  const draw = (more = {}) =>
    crop({ data: { ...DATA, ...changes, ...more }, parentElement: root, setStateValue: (_, state) => sent.push(state) });
  draw();
  const [picture, box] = [".picture", ".box"].map((selector) => root.querySelector(selector));
  picture.getBoundingClientRect = () => ({ left: 10, top: 20, width: 200, height: 100 });
  picture.setPointerCapture = () => {};
  const wait = (ms) => {
    clock.time += ms;
    t.mock.timers.tick(ms);
  };
  const pointer = (target, type, x, y, more = {}) => {
    const [clientX, clientY] = [10 + 2 * x, 20 + y]; // of a point in per cent
    target.dispatchEvent(new window.PointerEvent(`pointer${type}`, { clientX, clientY, pointerId: 1, bubbles: true, ...more }));
  };
  const drag = (target, [fromX, fromY], [toX, toY]) => {
    pointer(target, "down", fromX, fromY);
    pointer(picture, "move", toX, toY);
    pointer(picture, "up", toX, toY);
    wait(0);
  };
  const handle = (name) => root.querySelector(`.handle.${name}`);
  return { root, sent, draw, wait, picture, box, pointer, drag, handle };
}

const last = (sent) => sides(sent.at(-1));
const style = ({ style: { left, top, width, height } }) => [left, top, width, height];

test("it shows the picture and its rectangle with eight handles", (t) => {
  const { root, box } = made(t);
  assert.deepEqual(style(box), ["20%", "30%", "40%", "50%"]);
  assert.equal(root.querySelectorAll(".handle").length, 8);
  assert.equal(root.querySelector("img").getAttribute("src"), "a.jpg");
  assert.equal(root.querySelector(".picture").style.aspectRatio, "200 / 100");
});

test("dragging inside moves it, a side resizes it, outside draws a new rectangle", (t) => {
  const { sent, box, picture, drag, handle } = made(t);
  drag(box, [30, 50], [40, 40]);
  assert.deepEqual(last(sent), [30, 20, 70, 70]);
  drag(handle("e"), [70, 40], [90, 40]);
  assert.deepEqual(last(sent), [30, 20, 90, 70]);
  drag(picture, [0, 0], [20, 15]);
  assert.deepEqual(last(sent), [0, 0, 20, 15]);
  assert.ok(sent.at(-1).settled);
});

test("on the whole picture a drag draws, and a click changes nothing", (t) => {
  const { sent, root, box, drag, pointer, picture, wait } = made(t, { box: { ...WHOLE } });
  assert.match(root.querySelector(".hint").textContent, /Draw a rectangle/);
  pointer(box, "down", 50, 50);
  pointer(picture, "up", 50, 50);
  wait(0);
  assert.deepEqual(last(sent), sides(WHOLE));
  drag(box, [10, 20], [50, 60]);
  assert.deepEqual(last(sent), [10, 20, 50, 60]);
  assert.equal(root.querySelector(".hint").textContent, "");
});

test("it tells of a drag at most once in 45 ms, and at once when let go", (t) => {
  const { sent, picture, box, pointer, wait } = made(t);
  pointer(box, "down", 30, 50);
  for (const x of [31, 32, 33]) pointer(picture, "move", x, 50);
  wait(0);
  assert.deepEqual(sent.map(({ left, settled }) => [left, settled]), [[23, false]]);
  pointer(picture, "move", 34, 50);
  wait(44);
  assert.equal(sent.length, 1);
  wait(1);
  pointer(picture, "up", 34, 50);
  wait(0);
  assert.deepEqual(sent.map(({ left, settled }) => [left, settled]), [[23, false], [24, false], [24, true]]);
});

test("another pointer and other buttons change nothing", (t) => {
  const { sent, picture, box, pointer, wait } = made(t);
  pointer(box, "down", 30, 50, { button: 2 });
  pointer(picture, "move", 40, 50);
  pointer(box, "down", 30, 50);
  pointer(picture, "move", 40, 50, { pointerId: 2 });
  wait(100);
  assert.equal(sent.length, 0);
});

test("what the page answers does not move a rectangle that is held or was just let go", (t) => {
  const { draw, box, picture, pointer, wait } = made(t);
  pointer(box, "down", 30, 50);
  pointer(picture, "move", 40, 50);
  wait(5000);
  draw();
  assert.equal(box.style.left, "30%");
  pointer(picture, "up", 40, 50);
  draw();
  assert.equal(box.style.left, "30%");
  wait(700);
  draw({ box: { ...BOX, left: 5 } });
  assert.equal(box.style.left, "5%");
});

test("arrow keys move it and stay in the picture, with Shift ten times as far", (t) => {
  const { root, sent, box, handle, wait } = made(t);
  const heard = [];
  root.addEventListener("keydown", (event) => heard.push(event.key));
  const press = (target, key, more = {}) => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
    wait(0);
  };
  press(box, "ArrowRight");
  assert.deepEqual(last(sent), [20.1, 30, 60.1, 80]);
  press(handle("w"), "ArrowLeft", { shiftKey: true });
  assert.deepEqual(last(sent), [19.1, 30, 60.1, 80]);
  press(box, "Tab");
  assert.deepEqual(heard, ["Tab"]);
});

test("without a crop there is no rectangle and nothing is drawn", (t) => {
  const { sent, box, picture, drag, draw } = made(t, { box: null });
  assert.ok(box.hidden);
  drag(picture, [10, 10], [50, 50]);
  assert.equal(sent.length, 0);
  draw({ box: BOX });
  assert.deepEqual([box.hidden, box.style.left], [false, "20%"]);
});
