import assert from "node:assert/strict";
import { test } from "node:test";
import { DomEvent, mount } from "./dom.js";
import pictures from "../../pages/ui/common/media/before_after.js";

const BEFORE = { source: "/p/1", alt: "Before: frame 3", facts: "frame 3", size: [200, 100] };
const AFTER = { source: "/p/2", facts: "100 × 50 px", size: [100, 50] };

function shown(t, changes = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const parentElement = mount();
  const sent = [];
  const draw = (more = {}) =>
    pictures({ data: { before: BEFORE, after: AFTER, ...changes, ...more }, parentElement, setStateValue: (...state) => sent.push(state) });
  draw();
  const all = (selector) => [...parentElement.querySelectorAll(selector)];
  for (const picture of all(".picture")) {
    Object.defineProperties(picture, { clientWidth: { value: 400 }, clientHeight: { value: 200 } });
    picture.getBoundingClientRect = () => ({ left: 0, top: 0, width: 400, height: 200 });
  }
  draw();
  return { sent, draw, all, first: (selector) => all(selector)[0] };
}

const mouse = (type, more) => Object.assign(new DomEvent(type, { cancelable: true }), more);

test("two pictures stand side by side, one alone has no name", (t) => {
  const { all, draw } = shown(t);
  assert.deepEqual(all(".name").map((name) => name.textContent), ["Before", "After"]);
  assert.deepEqual(all(".facts").map((facts) => facts.textContent), ["frame 3", "100 × 50 px"]);
  assert.equal(all(".whole")[0].alt, "Before: frame 3");
  draw({ after: undefined });
  assert.deepEqual([all("figure")[1].hidden, all(".name")[0].textContent, all(".compare.single").length], [true, "", 1]);
});

test("where there is no picture it says why", (t) => {
  const { all } = shown(t, { after: { source: "", none: "This moment is cut away." } });
  assert.deepEqual([all(".picture")[1].hidden, all(".none")[1].hidden, all(".none")[1].textContent], [true, false, "This moment is cut away."]);
});

test("the outline of a crop lies over the first picture", (t) => {
  const outline = [[10, 0], [60, 0], [60, 50], [10, 50]];
  const { all, draw } = shown(t, { before: { ...BEFORE, outline } });
  assert.equal(all("svg")[0].getAttribute("viewBox"), "0 0 200 100");
  assert.equal(all("path")[1].getAttribute("d"), "M10,0L60,0L60,50L10,50Z");
  assert.equal(all("path")[0].getAttribute("d"), "M0,0H200V100H0ZM10,0L60,0L60,50L10,50Z");
  draw({ before: BEFORE });
  assert.equal(all("svg")[0].hasAttribute("hidden"), true);
});

test("both zoom together, down to pixels of 40 and no further out than the whole", (t) => {
  const { all, first, sent } = shown(t, { zoom: true });
  const [zoomOut, zoomIn, fit] = all(".tools button");
  assert.deepEqual([zoomOut.disabled, first(".level").textContent], [true, "200 %"]);
  zoomIn.click();
  assert.deepEqual([zoomOut.disabled, fit.disabled, first(".level").textContent], [false, false, "320 %"]);
  t.mock.timers.tick(139);
  assert.deepEqual(sent, [], "the page is asked once it rests");
  t.mock.timers.tick(1);
  assert.deepEqual(sent, [["view", { scale: 1.6, x: 0.5, y: 0.5 }]]);
  assert.equal(all(".stage")[0].style.transform, all(".stage")[1].style.transform);
  for (let i = 0; i < 12; i += 1) zoomIn.click();
  t.mock.timers.tick(140);
  assert.equal(sent.at(-1)[1].scale, 20);
  assert.deepEqual(all(".grid").map((grid) => grid.hidden), [false, false]);
  fit.click();
  t.mock.timers.tick(140);
  assert.deepEqual(sent.at(-1)[1], { scale: 1, x: 0.5, y: 0.5 });
  assert.equal(all(".grid")[0].hidden, true);
});

test("the wheel zooms at the pointer once magnified, and drags move the part in view", (t) => {
  const { first, sent } = shown(t, { zoom: true, view: { scale: 2, x: 0.5, y: 0.5 } });
  const picture = first(".picture");
  picture.setPointerCapture = () => {};
  const wheel = mouse("wheel", { clientX: 100, clientY: 100, deltaY: -1, ctrlKey: false });
  picture.dispatchEvent(wheel);
  t.mock.timers.tick(140);
  assert.equal(wheel.defaultPrevented, true);
  assert.deepEqual(sent.at(-1), ["view", { scale: 2.5, x: 0.475, y: 0.5 }]);
  picture.dispatchEvent(mouse("pointerdown", { clientX: 0, clientY: 0, pointerId: 1 }));
  picture.dispatchEvent(mouse("pointermove", { clientX: -100, clientY: 20 }));
  picture.dispatchEvent(mouse("pointerup"));
  picture.dispatchEvent(mouse("pointermove", { clientX: 50, clientY: 50 }));
  t.mock.timers.tick(140);
  const { x, y } = sent.at(-1)[1];
  assert.deepEqual([Number(x.toFixed(6)), Number(y.toFixed(6))], [0.575, 0.46]);
});

test("at its whole size the wheel is the page's", (t) => {
  const { first, sent } = shown(t, { zoom: true });
  const wheel = mouse("wheel", { clientX: 100, clientY: 100, deltaY: -1, ctrlKey: false });
  first(".picture").dispatchEvent(wheel);
  t.mock.timers.tick(140);
  assert.deepEqual([wheel.defaultPrevented, sent], [false, []]);
});

test("the part in view never leaves the picture", (t) => {
  const { first, sent } = shown(t, { zoom: true });
  first(".picture").dispatchEvent(mouse("dblclick", { clientX: 400, clientY: 200 }));
  t.mock.timers.tick(140);
  const { scale, x, y } = sent.at(-1)[1];
  assert.deepEqual([scale, x, y], [3, 1 - 0.5 / 3, 1 - 0.5 / 3]);
});

test("the pixel under the pointer is named", (t) => {
  const { first } = shown(t, { zoom: true });
  first(".picture").dispatchEvent(mouse("pointermove", { clientX: 399, clientY: 100 }));
  assert.equal(first(".pixel").textContent, "x 199, y 50");
  first(".picture").dispatchEvent(mouse("pointermove", { clientX: 500, clientY: -9 }));
  assert.equal(first(".pixel").textContent, "x 199, y 0");
});

test("the pixels of a part lie over the whole at their place", (t) => {
  const detail = { left: 50, top: 25, right: 150, bottom: 75, source: "/d/1", exact: true };
  const { first, draw } = shown(t, { zoom: true, before: { ...BEFORE, detail } });
  const { style } = first(".detail");
  assert.deepEqual([style.left, style.top, style.width, style.height, style.imageRendering], ["25%", "25%", "50%", "50%", "pixelated"]);
  draw({ before: BEFORE });
  assert.equal(first(".detail"), undefined);
});
