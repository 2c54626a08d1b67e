import assert from "node:assert/strict";
import { test } from "node:test";
import { animate, DomEvent, drawn, mount } from "./dom.js";
import raster from "../../pages/ui/study/raster.js";

const packed = (numbers) => Buffer.from(numbers.buffer).toString("base64");
const rows = [
  { id: "a", name: "a.mp4", group: "", end: 10, learned: false },
  { id: "b", name: "b.mp4", group: "", end: 8, learned: true },
];
const DATA = {
  key: "1", rows, clocks: { begun: [3600, null] },
  labels: [{ label: "walk", colour: "#0072B2" }, { label: "rest", colour: "#E69F00" }],
  starts: packed(new Uint32Array([0, 2, 3])),
  from: packed(new Float32Array([1, 4, 2])), to: packed(new Float32Array([3, 4, 6])), label: packed(new Uint16Array([0, 1, 1])),
};
const LEFT = 150; // names take a quarter of the 600 pixels
const SECOND = 45; // pixels

/** The component with its canvas, what it sent, and the segments that were drawn last as [x, y, width, colour]. */
function shown(more = {}) {
  const parentElement = mount();
  const sent = [];
  const draw = (changes) =>
    raster({ data: { ...DATA, ...more, ...changes }, parentElement, setStateValue() {}, setTriggerValue: (...call) => sent.push(call) });
  const segments = () => {
    drawn.splice(0);
    animate();
    const boxes = drawn.filter(({ name, fill }) => name === "fillRect" && /^#/.test(fill));
    return boxes.map(({ args, fill }) => [...args.slice(0, 3).map(Math.round), fill]);
  };
  draw();
  const canvas = parentElement.querySelector("canvas");
  const fire = (type, options) => canvas.dispatchEvent(Object.assign(new DomEvent(type, { bubbles: true }), { button: 0, ...options }));
  const click = (clientX, clientY) => {
    fire("pointerdown", { clientX, clientY });
    fire("pointerup", { clientX, clientY });
  };
  return { root: parentElement, canvas, sent, draw, segments, fire, click };
}

const align = (root, value) => {
  const box = root.querySelector("select");
  box.value = value;
  box.dispatchEvent(new DomEvent("change"));
};

test("each row has its segments, points as thin lines", () => {
  const { segments } = shown();
  assert.deepEqual(segments(), [
    [LEFT + SECOND, 0, 2 * SECOND, "#0072B2"],
    [LEFT + 4 * SECOND, 0, 1, "#E69F00"],
    [LEFT + 2 * SECOND, 20, 4 * SECOND, "#E69F00"],
  ]);
});

test("a click sends clip and moment, a drag pans and sends nothing", () => {
  const { click, fire, sent, segments, canvas } = shown();
  click(LEFT + 3 * SECOND, 30);
  assert.deepEqual(sent, [["picked", { clip: "b", at: 3 }]]);
  canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "+", bubbles: true, cancelable: true }));
  const before = segments();
  fire("pointerdown", { clientX: 400, clientY: 10 });
  fire("pointermove", { clientX: 380, clientY: 10 });
  fire("pointerup", { clientX: 380, clientY: 10 });
  assert.equal(sent.length, 1);
  assert.notDeepEqual(segments(), before);
});

test("clips are aligned at the first bout of a label, and those without it are not drawn", () => {
  const { root, segments, sent, click } = shown();
  align(root, "bout:walk");
  assert.deepEqual(segments().map(([, y]) => y), [0, 0]);
  click(LEFT + SECOND, 10); // 0 lies one second after the left end
  assert.deepEqual(sent, [["picked", { clip: "a", at: 1 }]]);
  align(root, "bout:rest");
  assert.equal(segments().length, 3);
});

test("each bout or point has a row, around its start at first", () => {
  const { root, segments, sent, click, canvas } = shown();
  align(root, "each:rest");
  const rest = segments().filter(([, , , colour]) => colour === "#E69F00");
  assert.deepEqual(rest.map(([, y]) => y), [0, 20], "a point of a.mp4 and a bout of b.mp4");
  const zero = rest[0][0];
  assert.equal(rest[1][0], zero, "both begin at the event");
  click(zero, 30);
  assert.deepEqual([sent[0][1].clip, Math.round(sent[0][1].at)], ["b", 2]);
  canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true }));
  assert.match(root.querySelector(".says").textContent, /^b\.mp4, 1, 1 segment\./);
});

test("a clip with several events has a row for each, and one without has none", () => {
  const many = { starts: [0, 4, 5], from: [1, 2, 3, 30, 5], to: [1, 2.5, 3, 30, 6], label: [1, 0, 1, 1, 0] };
  const kinds = { starts: Uint32Array, from: Float32Array, to: Float32Array, label: Uint16Array };
  const columns = Object.entries(many).map(([name, numbers]) => [name, packed(new kinds[name](numbers))]);
  const longer = rows.map((row) => ({ ...row, end: 40 }));
  const { root, segments, canvas } = shown({ ...Object.fromEntries(columns), rows: longer });
  align(root, "each:rest");
  const walks = segments().filter(([, , , colour]) => colour === "#0072B2");
  assert.deepEqual(walks.map(([, y]) => y), [0, 20], "30 s after it, it is out of view");
  assert.ok(walks[0][0] > walks[1][0], "it comes after the first event and before the second");
  canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true, cancelable: true }));
  assert.equal(segments().filter(([, , , colour]) => colour === "#0072B2").length, 3, "all of the time");
  align(root, "start:");
  assert.deepEqual([...new Set(segments().map(([, y]) => y))], [0, 20]);
});

test("clips are aligned at the time of day", () => {
  const { root, segments, canvas } = shown();
  align(root, "clock:begun");
  assert.equal(segments().length, 2);
  assert.ok(drawn.some(({ name, args }) => name === "fillText" && args[0].startsWith("01:00:0")));
  assert.ok(canvas.getAttribute("aria-label"));
});

test("a label of the legend is drawn alone, and all again", () => {
  const { root } = shown();
  const chips = [...root.querySelectorAll(".chip")];
  assert.deepEqual(chips.map((chip) => chip.textContent), ["walk", "rest"]);
  chips[1].click();
  assert.deepEqual(chips.map((chip) => chip.getAttribute("aria-pressed")), ["false", "true"]);
  chips[1].click();
  assert.equal(chips[1].getAttribute("aria-pressed"), "false");
});

test("keys choose a row, say its name, and open it", () => {
  const { canvas, root, sent } = shown();
  const press = (key) => canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  press("ArrowDown");
  assert.match(root.querySelector(".says").textContent, /^b\.mp4, 1 segment\./);
  press("Enter");
  assert.equal(sent[0][1].clip, "b");
});

test("the pointer is told what lies under it", () => {
  const { root, fire } = shown();
  const tip = root.querySelector(".tip");
  fire("pointermove", { clientX: LEFT + 2 * SECOND, clientY: 10 });
  assert.equal(tip.textContent, "a.mp4: walk, 0:01.0 to 0:03.0");
  fire("pointermove", { clientX: LEFT + SECOND, clientY: 30 });
  assert.match(tip.textContent, /^b\.mp4, 0:01\.0 \(the model was trained/);
  fire("pointerleave", {});
  assert.ok(tip.hidden);
});

test("groups have a head, and the same data are unpacked once", () => {
  const grouped = rows.map((row, index) => ({ ...row, group: `diet: ${index}` }));
  const { segments, draw, root } = shown({ rows: grouped });
  assert.deepEqual(segments().map(([, y]) => y), [20, 20, 60]);
  align(root, "bout:rest");
  draw({ labels: [] });
  assert.equal(root.querySelectorAll(".chip").length, 2, "the key is the same");
  draw({ key: "2" });
  assert.equal(root.querySelector("select").value, "bout:rest", "what was chosen stays");
});

test("rows are made taller and lower, the time is zoomed and shown whole", () => {
  const { root, segments } = shown();
  const before = segments();
  const press = (about) => root.querySelector(`button[title="${about}"]`).click();
  press("Taller rows");
  assert.equal(segments()[2][1], 30);
  press("Lower rows");
  press("Zoom in");
  assert.notDeepEqual(segments(), before);
  press("Zoom out");
  press("Show all");
  assert.deepEqual(segments(), before);
});
