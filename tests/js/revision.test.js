import assert from "node:assert/strict";
import { test } from "node:test";
import { DomEvent, mount, settled } from "./dom.js";
import revision, { AGAIN_MS, LOOK_MS } from "../../pages/ui/label/revision.js";

/** A watch over tracks that were drawn at revision "a", at a clock that stands still. */
async function made(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const server = { revision: "a", calls: [], ok: true, down: false };
  t.mock.method(globalThis, "fetch", async (address) => {
    server.calls.push(address);
    if (server.down) throw new TypeError("Failed to fetch");
    return { ok: server.ok, json: async () => ({ revision: server.revision }) };
  });
  const [root, sent] = [mount(), []];
  const draw = (drawn) =>
    revision({ data: { address: "/tracks/ab", drawn }, parentElement: root, setTriggerValue: (...news) => sent.push(news) });
  let stop = draw("a");
  t.after(() => stop());
  const wait = async (ms) => {
    t.mock.timers.tick(ms);
    await settled();
  };
  const redraw = (drawn) => {
    stop();
    stop = draw(drawn);
  };
  return { server, sent, redraw, wait, stop: () => stop() };
}

test("it asks about each second, and says nothing while nothing changes", async (t) => {
  const { server, sent, wait } = await made(t);
  assert.equal(server.calls.length, 0, "what was drawn just now is not asked for");
  for (const count of [1, 2, 3]) {
    await wait(LOOK_MS);
    assert.deepEqual([server.calls.length, server.calls[0], sent], [count, "/tracks/ab", []]);
  }
  assert.ok(LOOK_MS + AGAIN_MS < 1500, "edits are seen within two seconds");
});

test("a change elsewhere has the tracks drawn again, and a lost call is made again", async (t) => {
  const { server, sent, redraw, wait } = await made(t);
  server.revision = "b";
  await wait(LOOK_MS);
  assert.deepEqual(sent, [], "it may be an edit made here");
  await wait(AGAIN_MS);
  assert.deepEqual(sent, [["changed", "b"]]);
  await wait(LOOK_MS);
  await wait(AGAIN_MS);
  assert.equal(sent.length, 2);
  redraw("b");
  await wait(LOOK_MS);
  await wait(AGAIN_MS);
  assert.equal(sent.length, 2);
});

test("an edit made here, which is drawn a moment later, is no change elsewhere", async (t) => {
  const { server, sent, redraw, wait } = await made(t);
  server.revision = "b";
  await wait(LOOK_MS);
  redraw("b");
  await wait(LOOK_MS);
  await wait(AGAIN_MS);
  assert.deepEqual(sent, []);
});

test("a server that is away or has a damaged catalogue is asked again", async (t) => {
  const { server, sent, wait } = await made(t);
  Object.assign(server, { down: true, revision: "b" });
  await wait(LOOK_MS);
  Object.assign(server, { down: false, ok: false });
  await wait(LOOK_MS);
  assert.deepEqual([server.calls.length, sent], [2, []]);
  server.ok = true;
  await wait(LOOK_MS);
  await wait(AGAIN_MS);
  assert.deepEqual(sent, [["changed", "b"]]);
});

test("nobody is asked for a hidden page, and at once when it is shown again", async (t) => {
  const { server, wait, stop } = await made(t);
  const hidden = t.mock.getter(document, "hidden", () => true);
  await wait(LOOK_MS);
  await wait(LOOK_MS);
  assert.equal(server.calls.length, 0);
  hidden.mock.restore();
  document.dispatchEvent(new DomEvent("visibilitychange"));
  await settled();
  assert.equal(server.calls.length, 1);
  stop();
  await wait(LOOK_MS);
  assert.equal(server.calls.length, 1, "a page that was left asks no more");
});
