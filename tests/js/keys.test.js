import assert from "node:assert/strict";
import { test } from "node:test";
import { mount } from "./dom.js";
import { combination, keyDown, LABEL_KEYS, labelOfKey, listenField, SHORTCUTS, toggleHelp } from "../../pages/ui/common/player/keys.js";
import { NOTHING, UNLABELLED } from "../../pages/ui/common/player/rows.js";
import { kindsOf, LABELS, packed, playerOf, textOf } from "./player.js";

const TWO = [[1, 2, "walk"], [2, 3, "run"]];

/** A key event on an element, and whether the player took it. */
function pressOn(player, target, key, more = {}, latest = true) {
  const event = new KeyboardEvent("keydown", { key, code: `Key${key}`, bubbles: true, composed: true, cancelable: true, ...more });
  event.composedPath = () => (player.box.contains(target) ? [target, player.box] : [target]);
  keyDown(player, event, latest);
  return event.defaultPrevented;
}

const press = (player, key, more) => pressOn(player, player.box, key, more);

function withLane(segments = TWO, changes = {}) {
  return playerOf({ rows: [packed({ segments })], ...changes });
}

for (const [name, key, more] of [
  ["Space", " "],
  ["a", "a"],
  ["a", "A"], // caps lock
  ["Shift+S", "S", { shiftKey: true }],
  ["Shift+S", "s", { shiftKey: true }],
  ["?", "?", { shiftKey: true }],
  ["<", "<", { shiftKey: true }],
  ["+", "+", { shiftKey: true }],
  ["5", "5"],
  ["ArrowLeft", "ArrowLeft"],
  ["Shift+ArrowLeft", "ArrowLeft", { shiftKey: true }],
  ["Alt+Shift+ArrowRight", "ArrowRight", { shiftKey: true, altKey: true }],
  ["Ctrl+Z", "z", { ctrlKey: true }],
  ["Ctrl+Z", "z", { metaKey: true }],
  ["Ctrl+Shift+Z", "Z", { ctrlKey: true, shiftKey: true }],
])
  test(`${key} with ${JSON.stringify(more ?? {})} is ${name}`, () => {
    const event = { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more };
    assert.equal(combination(event), name);
  });

test("no key stands for two things", () => {
  const keys = SHORTCUTS.flatMap((shortcut) => shortcut.keys);
  const all = [...keys, ...LABEL_KEYS, "0", "Shift+U"];
  assert.deepEqual(all.filter((key, index) => all.indexOf(key) !== index), []);
});

test("labels have the digits and then letters", () => {
  const player = withLane();
  const labels = ["1", "3", "4", "0", "Shift+U", "l"].map((key) => labelOfKey(player, key));
  assert.deepEqual(labels, [0, 2, undefined, NOTHING, UNLABELLED, undefined]);
});

test("keys step, by one frame or by the number in the box", () => {
  const player = withLane();
  const frames = ["ArrowRight", "ArrowRight", "ArrowLeft"].map((key) => press(player, key) && player.frame);
  assert.deepEqual(frames, [1, 2, 1]);
  player.stride.value = "25";
  press(player, "ArrowRight", { shiftKey: true });
  assert.equal(player.frame, 26);
  press(player, "ArrowLeft", { shiftKey: true });
  press(player, "End");
  assert.equal(player.frame, 149);
  press(player, "ArrowRight");
  assert.equal(player.frame, 149, "there is nothing after the last frame");
  press(player, "Home");
  assert.equal(player.frame, 0);
  player.stride.value = "";
  press(player, "ArrowRight", { shiftKey: true });
  assert.equal(player.frame, 1);
});

test("comma and full stop go from border to border and choose what begins there", () => {
  const player = withLane();
  const visited = [".", ".", ".", ".", ",", ","].map((key) => press(player, key) && [player.frame, player.selected?.at ?? null]);
  assert.deepEqual(visited, [[25, 1.5], [50, 2.5], [75, null], [149, null], [75, null], [50, 2.5]]);
});

test("edits have their keys", () => {
  const player = withLane();
  player.frame = 30;
  for (const [key, more, text] of [
    ["S", { shiftKey: true }, ["walk 1-1.2", "walk 1.2-2", "run 2-3"]],
    ["Delete", {}, ["walk 1-1.2", "run 2-3"]],
    ["3", {}, ["walk 1-1.2", "run 2-3"]],
  ]) {
    assert.equal(press(player, key, more), true);
    assert.deepEqual(textOf(player), text);
  }
  player.painting = player.preview = null;
  press(player, ".");
  press(player, "ArrowLeft", { altKey: true });
  assert.equal(textOf(player)[1], "run 1.96-3");
  press(player, "ArrowRight", { altKey: true, shiftKey: true });
  assert.equal(textOf(player)[1], "run 1.96-3.04");
  press(player, "Z", { ctrlKey: true });
  press(player, "y", { ctrlKey: true });
  assert.deepEqual(kindsOf(player), ["split", "delete", "change", "change", "undo", "redo"]);
});

test("where nothing can be edited those keys are the page's", () => {
  const player = withLane(TWO, { labels: [] });
  for (const [key, more] of [["1"], ["Delete"], ["S", { shiftKey: true }], ["z", { ctrlKey: true }]])
    assert.equal(press(player, key, more), false, key);
  assert.equal(press(player, "ArrowRight"), true);
});

test("a key that repeats paints once, and keys that mean nothing are left alone", () => {
  const player = withLane([]);
  press(player, "1");
  const { painting } = player;
  assert.equal(press(player, "1", { repeat: true }), true);
  assert.equal(player.painting, painting);
  for (const key of ["F5", "Tab", "Ö", "Q"]) assert.equal(press(player, key, { ctrlKey: key === "Q" }), false, key);
});

test("a key that is held while stepping paints the frames that are passed", () => {
  const player = withLane([]);
  player.frame = 10;
  press(player, "1", { code: "Digit1" });
  for (let i = 0; i < 3; i += 1) press(player, "ArrowRight");
  assert.deepEqual([player.preview.start, player.preview.stop], [10, 14]);
  press(player, "End");
  press(player, "ArrowRight");
  assert.equal(player.preview.stop, 150, "not beyond the last frame");
});

test("fields and buttons of the player keep their keys", () => {
  const player = withLane();
  const button = player.box.querySelector("button");
  assert.equal(pressOn(player, player.field, "1"), false);
  assert.equal(pressOn(player, player.speed, "ArrowRight"), false);
  assert.equal(pressOn(player, button, "Enter"), false);
  assert.equal(pressOn(player, button, " "), false);
  assert.equal(pressOn(player, button, "ArrowRight"), true);
});

test("far keys count while nothing has the focus, for the player that was drawn last", () => {
  const player = withLane();
  const { body } = document;
  assert.equal(pressOn(player, body, "ArrowRight"), true);
  assert.equal(pressOn(player, body, "ArrowRight", {}, false), false, "another player was drawn last");
  assert.equal(pressOn(player, body, "Home"), false, "keys that scroll the page are its own");
  const field = document.createElement("input");
  mount().append(field);
  field.focus();
  assert.equal(pressOn(player, field, "ArrowRight"), false, "something else has the focus");
  field.blur();
  player.box.remove();
  assert.equal(pressOn(player, body, "ArrowRight"), false, "the player was left");
});

test("far keys count while the dialog around the player has the focus, not while another one has it", () => {
  const player = withLane();
  const [around, beside] = [mount(), mount()];
  const shadow = document.createElement("div");
  around.append(shadow);
  shadow.attachShadow({ mode: "open" }).append(player.box);
  for (const dialog of [around, beside]) Object.assign(dialog, { tabIndex: -1 }).setAttribute("role", "dialog");
  beside.focus();
  assert.equal(pressOn(player, beside, "ArrowRight"), false);
  around.focus();
  assert.equal(pressOn(player, around, "ArrowRight"), true);
  assert.equal(pressOn(player, around, "Escape"), false, "nothing is chosen: it closes the dialog");
  around.removeAttribute("role");
  assert.equal(pressOn(player, around, "ArrowRight"), false);
});

test("Escape lets go of what there is, and is the page's where there is nothing", () => {
  const player = withLane();
  press(player, ".");
  assert.ok(player.selected);
  assert.equal(press(player, "Escape"), true);
  assert.equal(player.selected, null);
  assert.equal(press(player, "Escape"), false);
  press(player, "1");
  assert.ok(player.painting);
  assert.equal(press(player, "Escape"), true);
  assert.deepEqual([player.painting, player.preview, player.outbox], [null, null, []]);
});

test("arrows change the lane, and Enter copies from another one", () => {
  const prediction = packed({ name: "predicted", edits: false, segments: TWO });
  const player = playerOf({ rows: [prediction, packed()] });
  player.frame = 30;
  press(player, "ArrowUp");
  assert.deepEqual([player.chosenRow.name, player.selected.at, player.active.name], ["predicted", 1.5, "mine"]);
  press(player, "Enter");
  assert.deepEqual(textOf(player), ["walk 1-2"]);
  press(player, "ArrowDown");
  assert.equal(player.chosenRow.name, "mine");
});

test("the list of shortcuts holds all keys that count, also those of the labels", () => {
  const player = withLane();
  toggleHelp(player);
  const lines = [...player.helpBox.querySelectorAll("dl div")].map((line) => line.textContent);
  assert.equal(lines.length, SHORTCUTS.length + LABELS.length + 2);
  assert.ok(lines.includes("2paint “run”") && lines.includes("0paint “nothing happening”"));
  assert.ok(lines.includes("Delete or ⌫delete the segment or point") && lines.includes("Shift ←several frames back (see “skip”)"));
  player.helpBox.querySelector(".close").click();
  assert.equal(player.helpBox.hidden, true);
  player.data.labels = [];
  toggleHelp(player);
  const fewer = [...player.helpBox.querySelectorAll("dl div")].map((line) => line.textContent);
  assert.equal(fewer.length, SHORTCUTS.filter(({ edit }) => !edit).length);
});

test("the box of the frame number goes there on Enter, back on Escape, and steps with arrows", () => {
  const player = withLane();
  listenField(player);
  const type = (key, value) => {
    if (value !== undefined) player.field.value = value;
    player.field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    return [player.frame, player.field.value];
  };
  assert.deepEqual(type("Enter", "1,20"), [120, "120"]);
  assert.deepEqual(type("Escape", "7"), [120, "120"]);
  assert.deepEqual(type("ArrowUp"), [121, "121"]);
  assert.deepEqual(type("ArrowDown"), [120, "120"]);
  assert.equal(type("Enter", "none")[0], 120);
});
