import assert from "node:assert/strict";
import { test } from "node:test";
import { DomEvent, mount, settled } from "./dom.js";
import indicator, { ACTIVE_MS, IDLE_MS } from "../../pages/ui/common/jobs/indicator.js";

const DATA = { address: "/jobs", page: "library", video: "", run: "1" };
const RUNNING = {
  name: "a", title: "Analyse the clip", where: "Timeline · walk.mp4", state: "running", label: "running",
  detail: "Analysing frames, 34 %", fraction: 0.34, actions: { cancel: "Cancel", open: "Open page" }, ended: 0,
  page: "timeline", video: "ab",
};
const WAITING = { ...RUNNING, name: "b", title: "Check all frames", state: "queued", label: "waiting", fraction: null };
const FAILED = {
  ...RUNNING, name: "c", title: "Create video", state: "failed", label: "failed", detail: "The disk is full.", fraction: null,
  actions: { repeat: "Try again", open: "Open page" }, ended: 5,
};
const SUMMARY = { title: "Analyse the clip", share: "34 %", fraction: 0.34, left: "about 12 s left", others: "1 waiting" };
const IDLE = { active: 0, summary: {}, rows: [] };
const BUSY = { active: 2, summary: SUMMARY, rows: [RUNNING, WAITING, FAILED] };

/** An indicator whose server answers with `listing`, at a clock that stands still. */
async function made(t, listing, data = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const server = { listing, calls: [], down: false };
  t.mock.method(globalThis, "fetch", async (address, options) => {
    server.calls.push([options.method ?? "GET", address, options.headers?.["X-Kinetoscope"] ?? ""]);
    if (server.down) throw new TypeError("Failed to fetch");
    return { ok: true, json: async () => structuredClone(server.listing) };
  });
  const root = mount();
  const sent = [];
  const draw = () => indicator({ data: { ...DATA, ...data }, parentElement: root, setTriggerValue: (...news) => sent.push(news) });
  const stop = draw();
  t.after(stop);
  await settled();
  const panel = root.querySelector(".panel");
  const open = async (newState = "open") => {
    panel.dispatchEvent(Object.assign(new DomEvent("toggle"), { newState }));
    await settled();
  };
  const wait = async (ms) => {
    t.mock.timers.tick(ms);
    await settled();
  };
  const all = (selector) => [...root.querySelectorAll(selector)];
  return { root, server, sent, stop, draw, open, wait, all, button: root.querySelector(".jobs > button") };
}

const words = (button) => [...button.children].map((part) => part.textContent).filter(Boolean);

test("without jobs it is a quiet button", async (t) => {
  const { button, all, open } = await made(t, IDLE);
  assert.deepEqual([words(button), button.className], [["Jobs"], "idle"]);
  await open();
  assert.deepEqual([all("li").length, all(".empty")[0].hidden, all(".all")[0].hidden], [0, false, true]);
});

test("it says what runs, how far it is, how long it takes and how many wait", async (t) => {
  const { button } = await made(t, BUSY);
  assert.deepEqual(words(button), ["Analyse the clip", "34 %", "about 12 s left", "1 waiting", "1 failed"]);
  assert.equal(button.querySelector(".ring").style.getPropertyValue("--share"), "34%");
  assert.equal(button.getAttribute("aria-label"), "Jobs: Analyse the clip, 34 %, about 12 s left, 1 waiting, 1 failed");
});

test("it asks each second while there is work, seldom without, and not at all where nobody looks", async (t) => {
  const { server, wait, stop } = await made(t, BUSY);
  await wait(ACTIVE_MS);
  assert.equal(server.calls.length, 2);
  server.listing = IDLE;
  await wait(ACTIVE_MS);
  await wait(ACTIVE_MS);
  assert.equal(server.calls.length, 3);
  await wait(IDLE_MS - ACTIVE_MS);
  assert.equal(server.calls.length, 4);
  const hidden = t.mock.getter(document, "hidden", () => true);
  await wait(IDLE_MS);
  await wait(IDLE_MS);
  assert.equal(server.calls.length, 5, "an answer on its way is still taken");
  hidden.mock.restore();
  document.dispatchEvent(new DomEvent("visibilitychange"));
  await settled();
  assert.equal(server.calls.length, 6);
  stop();
  await wait(IDLE_MS);
  assert.equal(server.calls.length, 6);
});

test("a server that does not answer is asked again, and what was known stays", async (t) => {
  const { server, wait, button } = await made(t, BUSY);
  server.down = true;
  await wait(ACTIVE_MS);
  assert.equal(words(button)[0], "Analyse the clip");
  server.down = false;
  server.listing = IDLE;
  await wait(ACTIVE_MS);
  assert.equal(words(button)[0], "Jobs");
});

test("the list is drawn while it is open, and its rows stay the same elements", async (t) => {
  const { all, open, wait, server } = await made(t, BUSY);
  assert.equal(all("li").length, 0);
  await open();
  const rows = all("li");
  assert.deepEqual(rows.map((row) => row.dataset.state), ["running", "queued", "failed"]);
  assert.deepEqual(all(".bar").map((bar) => bar.hidden), [false, true, true]);
  server.listing = { ...BUSY, rows: [{ ...WAITING, state: "running" }, FAILED] };
  await wait(ACTIVE_MS);
  assert.deepEqual(all("li").map((row) => rows.indexOf(row)), [1, 2]);
  await open("closed");
  assert.equal(all("li").length, 0);
});

test("jobs are cancelled and tried again by the server, and the page is told of those that began again", async (t) => {
  const { all, open, server, sent } = await made(t, BUSY);
  await open();
  const shown = all("li").map((row) => [...row.querySelectorAll("button")].filter((button) => !button.hidden));
  assert.deepEqual(shown.map((row) => row.map((button) => button.textContent)), [
    ["Open page", "Cancel"], ["Open page", "Cancel"], ["Open page", "Try again"],
  ]);
  server.calls.length = 0;
  for (const button of [shown[0][1], shown[2][1], all(".all")[0]]) {
    button.click();
    await settled();
  }
  assert.deepEqual(server.calls, [
    ["POST", "/jobs/cancel?name=a", "jobs"], ["POST", "/jobs/repeat?name=c", "jobs"], ["POST", "/jobs/cancel-all", "jobs"],
  ]);
  assert.deepEqual(sent, [["repeated", "c"]]);
  shown[1][0].click();
  assert.deepEqual(sent, [["repeated", "c"], ["open", "b"]]);
});

test("an answer that was overtaken by a later one is not shown", async (t) => {
  const { all, open, server, button } = await made(t, BUSY);
  await open();
  let late;
  t.mock.method(globalThis, "fetch", (_, { method }) =>
    method ? Promise.resolve({ ok: true, json: async () => IDLE }) : new Promise((resolve) => (late = resolve)));
  document.dispatchEvent(new DomEvent("visibilitychange"));
  all(".all")[0].click();
  await settled();
  late({ ok: true, json: async () => server.listing });
  await settled();
  assert.deepEqual(words(button), ["Jobs"]);
});

test("what ended is told until the list was opened, in all tabs, and not on the page that shows it", async (t) => {
  const listing = { ...IDLE, rows: [FAILED, { ...FAILED, name: "d", state: "done" }] };
  const first = await made(t, listing);
  assert.deepEqual([words(first.button), first.button.className], [["Jobs", "1 failed"], "idle failed"]);
  await first.open();
  assert.deepEqual(words(first.button), ["Jobs"]);
  t.mock.reset();
  const second = await made(t, listing);
  assert.deepEqual(words(second.button), ["Jobs"]);
  t.mock.reset();
  const again = { ...IDLE, rows: [{ ...FAILED, ended: 9, state: "done" }] };
  assert.deepEqual(words((await made(t, again)).button), ["Jobs", "1 done"]);
  t.mock.reset();
  assert.deepEqual(words((await made(t, again, { page: "timeline", video: "cd" })).button), ["Jobs", "1 done"]);
  t.mock.reset();
  assert.deepEqual(words((await made(t, again, { page: "timeline", video: "ab" })).button), ["Jobs"]);
});
