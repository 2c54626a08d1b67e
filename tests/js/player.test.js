import assert from "node:assert/strict";
import { test } from "node:test";
import { mount, settled } from "./dom.js";
import component from "../../pages/ui/common/player/player.js";
import { dataOf, packed } from "./player.js";

/** The component as Streamlit draws it: `draw` once more with other data. The table of frames arrives after `settled`. */
function shown(t, changes = {}) {
  const bytes = new DataView(new ArrayBuffer(8 + 4 * 150));
  bytes.setFloat64(0, 0.04, true);
  for (let i = 0; i < 150; i += 1) bytes.setUint32(8 + 4 * i, 1, true);
  t.mock.method(globalThis, "fetch", async () => ({ ok: true, arrayBuffer: async () => bytes.buffer }));
  const parentElement = mount();
  const sent = [];
  let leave = () => {};
  const draw = (more = {}) => {
    leave();
    const data = dataOf({ frames: `/frames/${t.name}`, ...changes, ...more });
    leave = component({ data, parentElement, setStateValue: (name, value) => sent.push([name, value]) });
    return parentElement.querySelector(".player");
  };
  t.after(() => {
    leave();
    parentElement.remove();
  });
  return { draw, sent, box: draw(), leave: () => leave() };
}

const key = (target, name, more = {}) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, composed: true, cancelable: true, ...more }));
const textOf = (box, selector) => box.querySelector(selector).textContent;

test("it begins at its moment, before and after the table of frames is here", async (t) => {
  const { box } = shown(t, { start_s: 2.02 });
  assert.equal(box.dataset.frame, undefined);
  await settled();
  assert.deepEqual([box.dataset.frame, box.dataset.settled, textOf(box, ".clock")], ["50", "yes", "0:02.00 of 0:06.00"]);
  assert.equal(textOf(box, ".count"), "of 150");
});

test("edits wait for the table of frames", async (t) => {
  const { box, sent } = shown(t);
  key(box, "Delete");
  assert.deepEqual(sent, []);
  await settled();
  const [chip] = box.querySelectorAll(".chip");
  assert.deepEqual([chip.textContent, chip.getAttribute("aria-pressed")], ["walk1", "true"]);
});

test("the colour of a label is shown only where there is a label", async (t) => {
  const { box, draw } = shown(t, { rows: [packed({ edits: false, segments: [[0, 1, "walk", 0.9]] })], labels: [] });
  await settled();
  const dot = box.querySelector(".dot");
  assert.deepEqual([textOf(box, ".now .label"), dot.hidden, Boolean(dot.style.background)], ["walk", false, true]);
  key(box, "End");
  assert.deepEqual([textOf(box, ".now .label"), dot.hidden], ["nothing certain", true]);
  key(box, "Home");
  assert.equal(dot.hidden, false);
  draw({ rows: [] });
  assert.deepEqual([textOf(box, ".now .label"), dot.hidden], ["", true], "before an analysis");
});

test("it is drawn anew at the same moment, and jumps only where a new seek is asked for", async (t) => {
  const { box, draw } = shown(t);
  await settled();
  key(box, "ArrowRight");
  draw({ start_s: 5 });
  assert.equal(box.dataset.frame, "1");
  draw({ seek: { moment_s: 4, id: 1, play: false } });
  assert.equal(box.dataset.frame, "100");
  key(box, "Home");
  draw({ seek: { moment_s: 4, id: 1, play: false } });
  assert.equal(box.dataset.frame, "0");
});

test("an edit that was not confirmed is applied to the lanes after a reload", async (t) => {
  const first = shown(t, { rows: [packed({ segments: [[1, 2, "walk"]] })] });
  await settled();
  key(first.box, ".");
  key(first.box, "Delete");
  assert.deepEqual(first.sent.map(([name, edits]) => [name, edits.length]), [["edits", 1]]);
  const second = shown(t, { rows: [packed({ segments: [[1, 2, "walk"]] })] });
  await settled();
  assert.deepEqual(second.sent[0], first.sent[0], "the new tab sends it");
  key(second.box, ".");
  assert.equal(textOf(second.box, ".label"), "nothing happening");
  const { from, n } = second.sent[0][1][0];
  second.draw({ rows: [packed()], done: { [from]: n } });
  assert.deepEqual(Object.keys(localStorage), []);
});

test("keys far away go to the player that was drawn last, and to none that was left", async (t) => {
  const first = shown(t);
  const second = shown(t);
  await settled();
  key(document.body, "ArrowRight");
  assert.deepEqual([first.box.dataset.frame, second.box.dataset.frame], ["0", "1"]);
  second.leave();
  key(document.body, "ArrowRight");
  assert.equal(second.box.dataset.frame, "1");
});

test("without a clip it says why, and the lanes still work", async (t) => {
  const { box } = shown(t, { waiting: "A copy is being made." });
  await settled();
  assert.deepEqual([textOf(box, ".message"), box.querySelector("video").hidden], ["A copy is being made.", true]);
  box.querySelector(".toNextFrame").click();
  assert.equal(box.dataset.frame, "1");
});

test("a table that cannot be read is said", async (t) => {
  t.mock.method(console, "error", () => {});
  const { draw, box } = shown(t);
  globalThis.fetch.mock.mockImplementation(async () => ({ ok: false, status: 500 }));
  draw({ frames: "/frames/broken" });
  await settled();
  assert.equal(box.querySelector(".odd").hidden, false);
  assert.match(textOf(box, ".odd"), /Reload the page/);
});

test("the tools stand only where a lane can be edited", async (t) => {
  assert.equal(shown(t).box.querySelector(".tools").hidden, false);
  assert.equal(shown(t, { labels: [] }).box.querySelector(".tools").hidden, true);
  assert.equal(shown(t, { rows: [packed({ edits: false })] }).box.querySelector(".tools").hidden, true);
});

test("a clip of varying rate has a banner", (t) => {
  const { box, draw } = shown(t, { varies: "The rate varies." });
  assert.deepEqual([box.querySelector(".varies").hidden, textOf(box, ".varies")], [false, "The rate varies."]);
  draw({ varies: "" });
  assert.equal(box.querySelector(".varies").hidden, true);
});

test("it begins with the part of the clip that the page remembers", async (t) => {
  const { sent } = shown(t, { view: [1, 3], start_s: 2 });
  await settled();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(sent, [], "the page is told nothing that it knows");
});

test("every control has a name", async (t) => {
  const { box } = shown(t);
  await settled();
  const controls = [...box.querySelectorAll("button, input, select, [role=slider], [role=toolbar], [role=dialog]")];
  const nameless = controls.filter((control) => !control.getAttribute("aria-label") && !control.textContent.trim());
  assert.deepEqual([nameless.length, controls.length > 20], [0, true]);
});

test("a clip that the browser cannot play is said, and the lanes still work", async (t) => {
  const { box } = shown(t, { source: "/clips/a.mp4" });
  await settled();
  box.querySelector(".toNextFrame").click();
  assert.equal(box.dataset.settled, "no");
  box.querySelector("video").onerror();
  assert.match(textOf(box, ".message"), /cannot play this clip/);
  assert.deepEqual([box.dataset.settled, box.dataset.frame], ["yes", "1"]);
});

test("a clip that is loaded is sought where the player is, at the speed that was chosen", async (t) => {
  const { box } = shown(t, { source: "/clips/a.mp4", start_s: 2 });
  await settled();
  const video = box.querySelector("video");
  box.querySelector(".speed").value = "2";
  Object.defineProperty(video, "readyState", { value: 1 });
  video.onloadedmetadata();
  assert.deepEqual([video.currentTime, video.playbackRate, video.getAttribute("src")], [2.02, 2, "/clips/a.mp4"]);
  key(box, ">");
  assert.deepEqual([video.playbackRate, box.querySelector(".speed").value], [4, "4"]);
  key(box, ">");
  assert.equal(video.playbackRate, 4, "there is no faster one");
  key(box, "<");
  assert.equal(video.playbackRate, 2);
});

test("the sound and the labels on the video are switched", async (t) => {
  const { box, draw } = shown(t, { source: "/clips/a.mp4", subtitles: "WEBVTT" });
  await settled();
  const [mute, captions] = [".muteButton", ".captionsButton"].map((name) => box.querySelector(name));
  const pressed = () => [mute, captions].map((button) => button.getAttribute("aria-pressed"));
  assert.deepEqual([pressed(), captions.hidden, box.querySelectorAll("track").length], [[null, "true"], false, 1]);
  mute.click();
  captions.click();
  assert.deepEqual([pressed(), box.querySelector("video").muted], [["true", "false"], true]);
  draw({ subtitles: "" });
  assert.deepEqual([captions.hidden, box.querySelectorAll("track").length], [true, 0]);
});

test("the ruler is scrubbed while the pointer is down", async (t) => {
  const { box } = shown(t);
  await settled();
  const ruler = box.querySelector(".ruler");
  let held = false;
  ruler.setPointerCapture = () => (held = true);
  ruler.hasPointerCapture = () => held;
  ruler.getBoundingClientRect = () => ({ left: 100 });
  ruler.onpointermove({ clientX: 300 });
  assert.equal(box.dataset.frame, "0");
  ruler.onpointerdown({ clientX: 201, button: 2 });
  assert.equal(box.dataset.frame, "0");
  ruler.onpointerdown({ clientX: 201, button: 0 });
  assert.equal(box.dataset.frame, "25");
  ruler.onpointermove({ clientX: 999 });
  assert.equal(box.dataset.frame, "149");
});

test("a chip chooses what the mouse draws, or the label of the selected segment", async (t) => {
  const { box, sent } = shown(t, { rows: [packed({ segments: [[1, 2, "walk"]] })] });
  await settled();
  const chips = [...box.querySelectorAll(".chip")];
  chips[1].click();
  assert.deepEqual([chips[1].getAttribute("aria-pressed"), sent], ["true", []]);
  key(box, ".");
  chips[2].click();
  assert.deepEqual(sent.map(([name, [edit]]) => [name, edit.kind, edit.label]), [["edits", "label", "jump"]]);
});

test("the buttons step, zoom and show the whole clip", async (t) => {
  const { box } = shown(t, { rows: [packed({ segments: [[1, 2, "walk"]] })] });
  await settled();
  const frames = ["toNextFrame", "toNextFrame", "toPreviousFrame", "toNextBorder", "toPreviousBorder"].map((name) => {
    box.querySelector(`.${name}`).click();
    return box.dataset.frame;
  });
  assert.deepEqual(frames, ["1", "2", "1", "25", "0"]);
});

test("dragging in the overview moves the part in view", async (t) => {
  const { box, sent } = shown(t, { view: [1, 3] });
  await settled();
  const overview = box.querySelector(".overview");
  overview.setPointerCapture = () => {};
  overview.getBoundingClientRect = () => ({ left: 0 });
  t.mock.timers.enable({ apis: ["setTimeout"] });
  overview.onpointerdown({ clientX: 300, button: 0 });
  t.mock.timers.tick(1500);
  assert.deepEqual(sent.filter(([name]) => name === "view"), [["view", [2, 4]]]);
});

test("without a lane of that name the first of one's own is drawn in", async (t) => {
  const { box, sent } = shown(t, { rows: [packed({ name: "predicted", edits: false }), packed()], active: "gone" });
  await settled();
  key(box, "z", { ctrlKey: true });
  assert.deepEqual(sent.map(([, [edit]]) => [edit.kind, edit.row]), [["undo", "mine"]]);
});

test("what is not saved is said below the lanes, which stay where the mouse is", (t) => {
  const { box } = shown(t);
  const [lane, unsent] = [".lane", ".unsent"].map((selector) => box.querySelector(selector));
  assert.ok(lane.compareDocumentPosition(unsent) & 4, "the warning follows");
});
