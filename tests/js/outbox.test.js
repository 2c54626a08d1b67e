import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";
import { paint } from "../../pages/ui/common/player/edit.js";
import { confirm, post, restore } from "../../pages/ui/common/player/outbox.js";
import { setRows } from "../../pages/ui/common/player/player.js";
import { packed, playerOf, textOf } from "./player.js";

/** A player after so many edits of a second each. */
function drawn(count, changes) {
  const player = playerOf(changes);
  for (let i = 0; i < count; i += 1) paint(player, player.rows[0], 25 * i, 25 * (i + 1), i % 3);
  return player;
}

/** The server answers: what it has of each sender, and its lanes. */
function answer(player, done, changes = {}) {
  player.data = { ...player.data, done, ...changes };
  setRows(player);
}

const numbersOf = (player) => player.outbox.map(({ n }) => n);
const kept = () => Object.keys(localStorage);

test("edits wait until the server has them, each with a number of its own", () => {
  const player = drawn(3);
  assert.deepEqual(numbersOf(player), [1, 2, 3]);
  assert.deepEqual(player.states.map(([name, edits]) => [name, edits.length]), [["edits", 1], ["edits", 2], ["edits", 3]]);
  answer(player, { [player.nonce]: 2 });
  assert.deepEqual(numbersOf(player), [3]);
  answer(player, { [player.nonce]: 2, other: 99 });
  assert.deepEqual(numbersOf(player), [3], "what another sender sent says nothing about this one");
  answer(player, { [player.nonce]: 3 });
  assert.deepEqual(numbersOf(player), []);
});

test("edits that wait are applied once to lanes that do not have them yet", () => {
  const player = drawn(2);
  const first = packed({ segments: [[0, 1, "walk"]] });
  for (let times = 0; times < 3; times += 1) {
    answer(player, { [player.nonce]: 1 }, { rows: [first] });
    assert.deepEqual(textOf(player), ["walk 0-1", "run 1-2"]);
  }
  answer(player, { [player.nonce]: 2 }, { rows: [packed({ segments: [[0, 1, "walk"], [1, 2, "run"]] })] });
  assert.deepEqual(textOf(player), ["walk 0-1", "run 1-2"]);
  assert.equal(player.unconfirmed, false);
});

test("lanes from which the server refused an edit are shown without it", () => {
  const player = drawn(1);
  answer(player, { [player.nonce]: 1 }, { rows: [packed()] });
  assert.deepEqual([textOf(player), player.outbox], [[], []]);
});

test("what is sent is a copy", () => {
  const player = drawn(1);
  player.states[0][1][0].label = "changed";
  assert.equal(player.outbox[0].label, "walk");
});

test("unsent edits survive a reload, and come before new ones", () => {
  const before = drawn(2);
  assert.deepEqual(kept(), [`kinetoscope/unsent/track/${before.nonce}`]);
  const player = playerOf();
  restore(player);
  assert.deepEqual(player.outbox, before.outbox);
  paint(player, player.rows[0], 100, 110, 2);
  assert.deepEqual(player.outbox.map(({ from, n }) => [from, n]), [[before.nonce, 1], [before.nonce, 2], [player.nonce, 1]]);
  assert.deepEqual(kept(), [`kinetoscope/unsent/track/${player.nonce}`], "they are kept by one tab only");
  answer(player, { [before.nonce]: 2 });
  assert.deepEqual(player.outbox.map(({ from }) => from), [player.nonce]);
});

test("a track takes only its own unsent edits, once", () => {
  drawn(1, { keep: "other" });
  const player = playerOf();
  restore(player);
  assert.deepEqual([player.outbox, player.states], [[], []]);
  drawn(1);
  restore(player);
  assert.deepEqual(player.outbox, [], "what comes later belongs to the tab that drew it");
  const quiet = playerOf({ keep: "" });
  restore(quiet);
  assert.deepEqual(quiet.outbox, []);
});

test("what was kept and is no edit is left out", () => {
  localStorage.setItem("kinetoscope/unsent/track/a", '[null, 3, {"from": "a"}, {"from": "a", "n": "1"}, {"from": "a", "n": 7}]');
  const player = playerOf();
  restore(player);
  assert.deepEqual(numbersOf(player), [7]);
  localStorage.setItem("kinetoscope/unsent/more/a", "{broken");
  const other = playerOf({ keep: "more" });
  restore(other);
  assert.deepEqual(other.outbox, []);
});

test("nothing is kept of edits that the server has", () => {
  const player = drawn(2);
  answer(player, { [player.nonce]: 1 });
  assert.equal(JSON.parse(localStorage.getItem(kept()[0])).length, 1);
  answer(player, { [player.nonce]: 2 });
  assert.deepEqual(kept(), []);
});

test("a new session of the server is sent what is left", () => {
  const player = drawn(2);
  player.states.length = 0;
  answer(player, { [player.nonce]: 1 });
  assert.deepEqual(player.states, [], "the same session has it on its way");
  answer(player, { [player.nonce]: 1 }, { session: "s2" });
  assert.deepEqual(player.states.map(([name, edits]) => [name, edits.map(({ n }) => n)]), [["edits", [2]]]);
  assert.equal(player.session, "s2");
});

test("a person is told once the server does not confirm for three seconds", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const player = drawn(2);
  t.mock.timers.tick(2999);
  assert.equal(player.unsent.hidden, true);
  t.mock.timers.tick(1);
  assert.equal(player.unsent.hidden, false);
  assert.match(player.unsent.textContent, /^2 edits are not saved yet.*This browser keeps them/);
  answer(player, { [player.nonce]: 1 });
  assert.equal(player.unsent.hidden, false, "one still waits");
  answer(player, { [player.nonce]: 2 });
  assert.equal(player.unsent.hidden, true);
  paint(player, player.rows[0], 140, 150, 1);
  t.mock.timers.tick(3000);
  assert.match(player.unsent.textContent, /^1 edit is not saved yet/);
});

test("where the browser keeps nothing the tab must stay open", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const setItem = t.mock.fn(() => {
    throw new Error("full");
  });
  const { localStorage: storage } = globalThis;
  globalThis.localStorage = { setItem };
  t.after(() => (globalThis.localStorage = storage));
  const player = playerOf();
  player.outbox = [{ from: "a", n: 1 }];
  post(player);
  assert.equal(setItem.mock.callCount(), 1);
  assert.equal(player.states.length, 1, "it is sent all the same");
  t.mock.timers.tick(3000);
  assert.match(player.unsent.textContent, /Keep this tab open/);
});

test("confirming without anything to confirm changes nothing", () => {
  const player = playerOf();
  confirm(player);
  assert.deepEqual([player.outbox, player.states, player.unsent.hidden], [[], [], true]);
});
