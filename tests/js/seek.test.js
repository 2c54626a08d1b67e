import assert from "node:assert/strict";
import { test } from "node:test";
import "./dom.js";
import { onPlayed, setView, step, stepBorder, toggleLoop, zoom } from "../../pages/ui/common/player/playback.js";
import { onSeeked, seek, seekFrame, watchPicture } from "../../pages/ui/common/player/seek.js";
import { packed, playerOf, RATES, tableAt } from "./player.js";

const TWO = [[1, 2, "walk", 0.9], [2, 3, "run"]];

/** A player with a clip; its browser shows the picture of `shown(seconds)` when a seek ends. */
function withClip({ rate = 25, paused = true, tellsPictures = true, ...changes } = {}) {
  const data = { source: "/clips/a", rows: [packed({ segments: TWO, edits: false })], ...changes };
  const player = playerOf(data, { table: tableAt(rate, 150) });
  const browser = { times: [], callback: null, plays: 0 };
  let time = 0;
  Object.defineProperties(player.video, {
    readyState: { value: 4 },
    paused: { get: () => paused },
    currentTime: {
      get: () => time,
      set(seconds) {
        time = seconds;
        browser.times.push(seconds);
      },
    },
    play: { value: async () => (browser.plays += 1) },
    pause: { value: () => {} },
  });
  if (tellsPictures) player.video.requestVideoFrameCallback = (callback) => (browser.callback = callback);
  browser.show = (mediaTime) => {
    const { callback } = browser;
    browser.callback = null;
    callback?.(0, { mediaTime });
  };
  return { player, browser };
}

const isSettled = (player) => player.box.dataset.settled === "yes";

for (const rate of [...Object.keys(RATES), "jittered"])
  test(`a frame is sought at its middle and settled when it is on screen, at ${rate}`, () => {
    const { player, browser } = withClip({ rate });
    for (const frame of [17, 93, 0, 149]) {
      seekFrame(player, frame);
      assert.deepEqual([isSettled(player), player.frame], [false, frame]);
      assert.equal(browser.times.at(-1), player.table.inside(frame));
      onSeeked(player);
      browser.show(player.table.starts[frame]);
      assert.deepEqual([isSettled(player), player.target, player.warning.hidden], [true, null, true]);
    }
    assert.equal(browser.times.length, 4, "one seek for each");
  });

test("frames before the first and after the last are these", () => {
  const { player } = withClip({ source: "" });
  seekFrame(player, -5);
  assert.deepEqual([player.frame, isSettled(player)], [0, true], "without a clip the lanes still work");
  seekFrame(player, 999);
  assert.equal(player.frame, 149);
});

test("seeks do not pile up: only the last request counts", () => {
  const { player, browser } = withClip();
  for (const frame of [10, 20, 30]) seekFrame(player, frame);
  assert.deepEqual(browser.times, [player.table.inside(10)]);
  onSeeked(player);
  assert.deepEqual(browser.times.slice(1), [player.table.inside(30)]);
});

test("a wrong picture is sought again elsewhere in the frame, and then said", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { player, browser } = withClip();
  seekFrame(player, 40);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    onSeeked(player);
    browser.show(player.table.starts[41]);
    t.mock.timers.tick(400);
  }
  assert.deepEqual(browser.times, [0.5, 0.25, 0.8].map((share) => player.table.inside(40, share)));
  assert.deepEqual([isSettled(player), player.frame], [true, 41]);
  assert.equal(player.warning.textContent, "The browser shows frame 41 instead of frame 40.");
  assert.equal(player.warning.hidden, false);
});

test("a picture of an older seek is not believed while a newer one is under way", () => {
  const { player, browser } = withClip();
  seekFrame(player, 40);
  browser.show(player.table.starts[40]);
  assert.equal(isSettled(player), false);
  onSeeked(player);
  assert.equal(isSettled(player), true, "it was on screen already");
});

test("a browser that tells no pictures is believed by its clock", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { player } = withClip({ tellsPictures: false });
  seekFrame(player, 40);
  onSeeked(player);
  t.mock.timers.tick(400);
  assert.deepEqual([isSettled(player), player.frame], [true, 40]);
});

test("a seek that shall play plays when it has ended", () => {
  const { player, browser } = withClip();
  seek(player, 1.0, true);
  onSeeked(player);
  assert.deepEqual([browser.plays, player.target, player.playAfterSeek], [1, null, false]);
});

test("a seek that nobody requested changes nothing", () => {
  const { player, browser } = withClip({ paused: false });
  onSeeked(player);
  assert.deepEqual([browser.plays, browser.times, player.target], [0, [], null]);
});

test("before the table of frames is here a seek waits", () => {
  const { player, browser } = withClip();
  player.table = null;
  seek(player, 2.5, true);
  seek(player, 3.5);
  assert.deepEqual([player.pending, player.moment, browser.times], [{ seconds: 3.5, play: true }, 3.5, []]);
  seek(player, 99);
  assert.equal(player.pending.seconds, 5.999, "inside the clip");
});

test("while the clip plays the playhead stands at the picture that is seen", () => {
  const { player, browser } = withClip({ paused: false });
  watchPicture(player);
  for (const frame of [3, 4, 5]) browser.show(player.table.starts[frame]);
  assert.deepEqual([player.frame, player.moment, player.box.dataset.frame], [5, 0.2, "5"]);
  assert.ok(browser.callback, "it goes on watching");
});

test("a loop goes back to its first frame after the last one", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { player, browser } = withClip({ paused: false });
  player.frame = 30;
  toggleLoop(player);
  assert.deepEqual([player.loop, player.status.textContent], [{ start: 25, stop: 50 }, "Looping walk"]);
  onSeeked(player);
  browser.times.length = 0;
  onPlayed(player, 48);
  t.mock.timers.tick(1000);
  assert.deepEqual(browser.times, []);
  onPlayed(player, 49);
  assert.deepEqual(browser.times, [], "the last frame is seen");
  t.mock.timers.tick(1000);
  assert.deepEqual(browser.times, [player.table.inside(25)]);
  browser.times.length = 0;
  onSeeked(player);
  onPlayed(player, 10);
  t.mock.timers.tick(1);
  assert.deepEqual(browser.times, [player.table.inside(25)], "before the loop there is nothing to wait for");
  toggleLoop(player);
  assert.deepEqual([player.loop, player.status.textContent], [null, "Loop off"]);
});

test("the line says frame, time, label and confidence", () => {
  const { player } = withClip({ source: "" });
  seekFrame(player, 30);
  assert.deepEqual(
    [player.label.textContent, player.confidence.textContent, player.clock.textContent, player.field.value],
    ["walk", "confidence 90 %", "0:01.20 of 0:06.00", "30"],
  );
  assert.equal(player.playhead.getAttribute("aria-valuetext"), "frame 30, 0:01.20, walk");
  seekFrame(player, 49);
  assert.equal(player.label.textContent, "walk", "the last frame before the border");
  seekFrame(player, 50);
  assert.deepEqual([player.label.textContent, player.confidence.textContent], ["run", ""]);
});

test("the line tells a stretch without a label from one that nobody looked at", () => {
  const labelAt = (frame, changes) => {
    const { player } = withClip({ source: "", ...changes });
    seekFrame(player, frame);
    return player.label.textContent;
  };
  const seen = [[0, 4]];
  const own = { rows: [packed({ segments: TWO, seen })] };
  const predicted = { rows: [packed({ segments: TWO, seen, edits: false })], labels: [] };
  assert.deepEqual([labelAt(80, own), labelAt(120, own)], ["nothing happening", "unlabelled"]);
  assert.deepEqual([labelAt(80, predicted), labelAt(120, predicted)], ["nothing certain", "not analysed"]);
});

test("other lanes with a title are read beside it", () => {
  const rows = [packed({ segments: TWO }), packed({ name: "truth", title: "true label:", edits: false, segments: [[1, 2, "jump"]] })];
  rows.push(packed({ name: "differs", edits: false, look: "difference", segments: [[1, 2, "jump"]] }));
  const { player } = withClip({ source: "", rows });
  seekFrame(player, 30);
  assert.equal(player.confidence.textContent, "confidence 90 % · true label: jump");
  seekFrame(player, 60);
  assert.equal(player.confidence.textContent, "true label: nothing");
});

test("steps add up while the picture is still sought", () => {
  const { player } = withClip();
  for (let i = 0; i < 4; i += 1) step(player, 1);
  assert.equal(player.target, 4);
  step(player, -1);
  assert.equal(player.target, 3);
});

test("borders of the lane that was chosen are visited", () => {
  const rows = [packed({ segments: TWO }), packed({ name: "truth", edits: false, segments: [[0.4, 5, "jump"]] })];
  const { player } = withClip({ source: "", rows });
  player.chosenRow = player.rows[1];
  const frames = [1, 1, 1, -1, -1, -1].map((direction) => {
    stepBorder(player, direction);
    return player.frame;
  });
  assert.deepEqual(frames, [10, 125, 149, 125, 10, 0]);
});

test("the lanes never show less than six frames, nor anything outside the clip", () => {
  const { player } = withClip();
  setView(player, 2.99, 3.01);
  assert.ok(Math.abs(player.view.from - 2.88) < 1e-9 && Math.abs(player.view.to - 3.12) < 1e-9);
  setView(player, 5, 7);
  assert.deepEqual(player.view, { from: 4, to: 6 });
  setView(player, -9, 99);
  assert.deepEqual(player.view, { from: 0, to: 6 });
});

test("a playhead that leaves the view takes it along", () => {
  const { player } = withClip({ source: "" });
  player.view = { from: 0, to: 2 };
  seekFrame(player, 49);
  step(player, 0);
  assert.deepEqual(player.view, { from: 0, to: 2 });
  step(player, 1);
  assert.deepEqual([player.view.from, player.view.to].map((end) => Number(end.toFixed(6))), [1.84, 3.84]);
  step(player, -26);
  assert.deepEqual([player.view.from, player.view.to].map((end) => Number(end.toFixed(6))), [0.8, 2.8]);
});

test("zooming keeps the playhead where it is, if it is in view", () => {
  const { player } = withClip();
  player.moment = 2;
  zoom(player, 0.5);
  assert.deepEqual(player.view, { from: 1, to: 4 });
  player.moment = 5;
  zoom(player, 0.5);
  assert.deepEqual(player.view, { from: 1.75, to: 3.25 }, "else the middle");
});

test("the page is told where the player rests, once, and not while it plays", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { player } = withClip({ source: "", labels: [] });
  seekFrame(player, 30);
  setView(player, 1, 3);
  t.mock.timers.tick(250);
  assert.deepEqual(player.states, [["view", [1, 3]], ["moment", 1.2]]);
  seekFrame(player, 30);
  t.mock.timers.tick(250);
  assert.equal(player.states.length, 2);
  setView(player, 0, 6);
  t.mock.timers.tick(250);
  assert.deepEqual(player.states.at(-1), ["view", [0, 0]], "the whole clip");
  player.box.remove();
  seekFrame(player, 60);
  t.mock.timers.tick(250);
  assert.equal(player.states.length, 3, "a page that was left is told nothing");
  const quiet = withClip({ source: "", quiet: true }).player;
  seekFrame(quiet, 30);
  t.mock.timers.tick(2000);
  assert.deepEqual(quiet.states, []);
});

test("while labels are drawn the page is told later", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { player } = withClip({ source: "", rows: [packed()] });
  seekFrame(player, 30);
  t.mock.timers.tick(1499);
  assert.deepEqual(player.states, []);
  t.mock.timers.tick(1);
  assert.deepEqual(player.states, [["moment", 1.2]]);
});
