import assert from "node:assert/strict";
import { test } from "node:test";
import { DomEvent, mount } from "./dom.js";
import gallery from "../../pages/ui/evaluate/gallery.js";
import sheet from "../../pages/ui/frames/contact_sheet.js";
import moments from "../../pages/ui/search/moments.js";

/** A component, what it sent, and a way to draw it with other data. */
function shown(component, data) {
  const parentElement = mount();
  const sent = [];
  const send = (name, value) => sent.push([name, value]);
  const draw = (more) => component({ data: { ...data, ...more }, parentElement, setStateValue: send, setTriggerValue: send });
  draw();
  return { root: parentElement, sent, draw, all: (selector) => [...parentElement.querySelectorAll(selector)] };
}

const ITEM = {
  id: 0, source: "/moments/a?t=1", fallback: "/thumbs/a", length: "0:04", name: "a.mp4", truth: "walk", truth_colour: "red",
  prediction: "run", prediction_colour: "blue", confidence: "80 %", right: false, note: "",
};

test("a card of the gallery says truth and prediction", () => {
  const { all, sent } = shown(gallery, { items: [ITEM, { ...ITEM, id: 1, prediction: "walk", right: true, confidence: "" }], order: "x" });
  const cards = all("button");
  assert.deepEqual(cards.map((card) => card.className), ["card wrong", "card right"]);
  assert.deepEqual(all(".line").map((line) => line.textContent), ["truewalk", "predictedrun", "truewalk"]);
  assert.equal(cards[0].getAttribute("aria-label"), "Play a.mp4: true label walk, predicted run, confidence 80 %");
  assert.equal(cards[1].getAttribute("aria-label"), "Play a.mp4: true label walk, predicted walk");
  cards[1].click();
  assert.deepEqual(sent, [["picked", 1]]);
});

test("more cards are added, another order is made anew", () => {
  const { all, draw } = shown(gallery, { items: [ITEM], order: "x|0" });
  const [first] = all("button");
  draw({ items: [ITEM, { ...ITEM, id: 1 }], order: "x|0|1" });
  assert.deepEqual([all("button").length, all("button")[0] === first], [2, true]);
  draw({ items: [{ ...ITEM, id: 5 }], order: "y|5" });
  assert.deepEqual([all("button").length, all("button")[0] === first], [1, false]);
});

test("a picture that cannot be loaded gives way to another one, once", () => {
  const { all } = shown(gallery, { items: [ITEM], order: "x" });
  const [image] = all("img");
  assert.ok(image.src.endsWith("/moments/a?t=1"));
  image.onerror();
  assert.ok(image.src.endsWith("/thumbs/a"));
  assert.equal(image.onerror, null);
});

test("a moment says when, why and how well it fits", () => {
  const item = { id: 3, source: "/m", fallback: "/t", when: "0:01.0 to 0:02.0", name: "a.mp4", why: "yoga 0.90", score: "0.90", fit: "90%" };
  const { all, sent, draw } = shown(moments, { items: [item], order: "x" });
  const [card] = all("button");
  assert.equal(card.getAttribute("aria-label"), "Play a.mp4, 0:01.0 to 0:02.0: yoga 0.90, score 0.90");
  assert.equal(all(".bar")[0].style.getPropertyValue("--fit"), "90%");
  card.click();
  assert.deepEqual(sent, [["picked", 3]]);
  draw({ items: [] });
  assert.equal(all("button").length, 1, "the same order is not drawn again");
  draw({ items: [], order: "y" });
  assert.equal(all("button").length, 0);
});

const FRAMES = [4, 10, 2].map((index) => ({ index, moment: `0:0${index}`, source: `/f/${index}` }));

test("a click on the contact sheet shows a frame, its box selects it", () => {
  const { all, sent } = shown(sheet, { frames: FRAMES, order: "x", ratio: "4 / 3", here: 10, ticked: [10] });
  assert.deepEqual(all(".cell").map((cell) => cell.className), ["cell", "cell chosen here", "cell"]);
  assert.equal(all("button")[0].getAttribute("aria-label"), "Show frame 4, at 0:04");
  all("button")[0].click();
  const [box] = all("input");
  box.checked = true;
  box.dispatchEvent(new DomEvent("change"));
  assert.deepEqual(sent, [["picked", 4], ["ticked", [4, 10]]]);
  assert.ok(all(".cell")[0].classList.contains("chosen"));
  box.checked = false;
  box.dispatchEvent(new DomEvent("change"));
  assert.deepEqual(sent.at(-1), ["ticked", [10]]);
});

test("the frame on screen moves in the sheet, the selection stays", () => {
  const { all, draw } = shown(sheet, { frames: FRAMES, order: "x", ratio: "4 / 3", here: 10, ticked: [2] });
  draw({ here: 4, ticked: [] });
  assert.deepEqual(all(".cell").map((cell) => cell.className), ["cell here", "cell", "cell chosen"]);
});
