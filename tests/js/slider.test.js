import assert from "node:assert/strict";
import { test } from "node:test";
import { DomEvent, mount } from "./dom.js";
import slider, { decimalsOf } from "../../pages/ui/common/controls/slider.js";

const DATA = { label: "Moment", value: 1, low: 0, high: 4, step: 0.5, unit: "s", help: "" };

/** A slider at a clock that stands still, and what it sent. */
function made(t, changes = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const clock = t.mock.method(performance, "now", () => clock.time);
  clock.time = 10_000;
  const root = mount();
  const sent = [];
  const draw = (more = {}) =>
    slider({ data: { ...DATA, ...changes, ...more }, parentElement: root, setStateValue: (_, state) => sent.push(state) });
  draw();
  const wait = (ms) => {
    clock.time += ms;
    t.mock.timers.tick(ms);
  };
  const [ranges, boxes] = ["range", "number"].map((type) => [...root.querySelectorAll(`input[type=${type}]`)]);
  return { root, sent, draw, wait, ranges, boxes };
}

function drag(range, value) {
  range.value = String(value);
  range.dispatchEvent(new DomEvent("input"));
}

function drop(range, value) {
  range.value = String(value);
  range.dispatchEvent(new DomEvent("change"));
}

const valuesOf = (sent) => sent.map(({ value, settled }) => [value, settled]);
const press = (box, key) => box.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

test("decimals follow the step", () => {
  assert.deepEqual([1, 10, 0.5, 0.001].map(decimalsOf), [0, 0, 1, 3]);
});

test("it shows its value, names and limits", (t) => {
  const { root, ranges, boxes } = made(t);
  assert.deepEqual([ranges.length, ranges[0].value, boxes[0].value], [1, "1", "1.0"]);
  assert.deepEqual([ranges[0].min, ranges[0].max, ranges[0].step], ["0", "4", "0.5"]);
  assert.equal(ranges[0].getAttribute("aria-label"), "Moment");
  assert.equal(boxes[0].getAttribute("aria-label"), "Moment, exact value");
  assert.deepEqual([root.querySelector(".unit").textContent, root.querySelector(".help").hidden], ["s", true]);
  assert.deepEqual([root.querySelector(".fill").style.left, root.querySelector(".fill").style.width], ["0%", "25%"]);
});

test("the fill begins at zero where zero is inside", (t) => {
  const { root } = made(t, { value: -1, low: -4, high: 4 });
  const { left, width } = root.querySelector(".fill").style;
  assert.deepEqual([left, width], ["37.5%", "12.5%"]);
});

test("it tells its value while it moves, at most once in 45 ms, and at once when let go", (t) => {
  const { sent, wait, ranges, boxes } = made(t);
  for (const value of [1.5, 2, 2.5]) drag(ranges[0], value);
  wait(0);
  assert.deepEqual(valuesOf(sent), [[2.5, false]]);
  drag(ranges[0], 3);
  wait(44);
  assert.equal(sent.length, 1);
  wait(1);
  drag(ranges[0], 3.5);
  drop(ranges[0], 3.5);
  wait(0);
  assert.deepEqual(valuesOf(sent), [[2.5, false], [3, false], [3.5, true]]);
  assert.equal(boxes[0].value, "3.5");
});

test("a typed number goes to the nearest step within the limits", (t) => {
  const { sent, wait, boxes, ranges } = made(t);
  const results = ["1.7", "99", "-3", "x"].map((text) => {
    boxes[0].value = text;
    press(boxes[0], "Enter");
    wait(0);
    return [sent.at(-1).value, boxes[0].value, ranges[0].value];
  });
  assert.deepEqual(results.slice(0, 3), [[1.5, "1.5", "1.5"], [4, "4.0", "4"], [0, "0.0", "0"]]);
  assert.ok(sent.every(({ settled }) => settled));
});

test("typing is heard once: on Enter, on change or where the box is left", (t) => {
  const { sent, wait, boxes } = made(t);
  boxes[0].value = "2.5";
  press(boxes[0], "Enter");
  boxes[0].onchange();
  boxes[0].onblur();
  wait(100);
  assert.deepEqual(valuesOf(sent), [[2.5, true]]);
  boxes[0].value = "3";
  boxes[0].onblur();
  wait(100);
  assert.equal(sent.length, 2);
});

test("steps count from the lower limit", (t) => {
  const { sent, wait, ranges } = made(t, { low: 0.25, high: 3.75, value: 0.25, step: 0.01 });
  drop(ranges[0], 1.23);
  wait(0);
  assert.equal(sent[0].value, 1.23, "without a rest of binary fractions");
});

test("the two thumbs of a range do not pass each other", (t) => {
  const { sent, wait, ranges, boxes, root } = made(t, { value: [1, 3] });
  assert.equal(ranges.length, 2);
  assert.deepEqual(boxes.map((box) => box.getAttribute("aria-label")), ["Moment, from, exact value", "Moment, to, exact value"]);
  drop(ranges[0], 3.5);
  wait(0);
  drop(ranges[1], 0.5);
  wait(0);
  assert.deepEqual(valuesOf(sent), [[[3, 3], true], [[3, 3], true]]);
  drop(ranges[0], 2);
  wait(0);
  assert.deepEqual([sent[2].value, root.querySelector(".fill").style.left], [[2, 3], "50%"]);
  assert.equal(root.querySelectorAll("input[type=range]")[0].style.zIndex, "0");
  drop(ranges[0], 2.5);
  assert.equal(ranges[0].style.zIndex, "1", "else both stick at the end");
});

test("the thumbs of a range stay as far apart as they have to", (t) => {
  const { sent, wait, ranges, boxes } = made(t, { value: [1, 3], apart: 0.5 });
  drop(ranges[0], 3.5);
  wait(0);
  drop(ranges[1], 0.5);
  wait(0);
  assert.deepEqual(valuesOf(sent), [[[2.5, 3], true], [[2.5, 3], true]]);
  drop(ranges[0], 0);
  drop(ranges[1], 0);
  wait(0);
  boxes[0].value = "4";
  press(boxes[0], "Enter");
  wait(0);
  assert.deepEqual(sent.at(-1).value, [0, 0.5], "at the lower end too");
});

test("what the server answers does not move a thumb that was just touched", (t) => {
  const { draw, wait, ranges } = made(t);
  drag(ranges[0], 2);
  draw({ value: 1 });
  assert.equal(ranges[0].value, "2");
  wait(699);
  draw({ value: 1 });
  assert.equal(ranges[0].value, "2");
  wait(1);
  draw({ value: 1 });
  assert.equal(ranges[0].value, "1");
});

test("a box that is being typed into keeps its text when the server answers", (t) => {
  const { draw, boxes, ranges } = made(t);
  boxes[0].focus();
  boxes[0].value = "3.";
  const text = boxes[0].value;
  draw({ value: 2 });
  assert.deepEqual([boxes[0].value, ranges[0].value], [text, "2"]);
  boxes[0].blur();
});

test("arrows stay in the slider, other keys go on to the page", (t) => {
  const { root, ranges, boxes } = made(t);
  const heard = [];
  root.addEventListener("keydown", (event) => heard.push([event.key, event.defaultPrevented]));
  for (const input of [ranges[0], boxes[0]]) for (const key of ["ArrowLeft", "Tab", "5"]) press(input, key);
  assert.deepEqual(heard, [["Tab", false], ["5", false], ["Tab", false], ["5", false]]);
});

test("a new label, unit and help are shown", (t) => {
  const { root, draw } = made(t);
  draw({ label: "Strength", unit: "", help: "How strong" });
  assert.equal(root.querySelector(".label").textContent, "Strength");
  assert.deepEqual([root.querySelector(".unit").hidden, root.querySelector(".help").hidden], [true, false]);
  assert.equal(root.querySelector(".tip").textContent, "How strong");
});
