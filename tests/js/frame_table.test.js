import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOf, unpack } from "../../pages/ui/common/player/frame_table.js";
import { startsOf, tableAt } from "./player.js";

const RATES = [25, 23.976, "jittered"];

/** What the server sends: the unit in seconds, then the duration of each frame in units. */
function content(starts, unit = 1e-6) {
  const bytes = new DataView(new ArrayBuffer(8 + 4 * (starts.length - 1)));
  bytes.setFloat64(0, unit, true);
  const ticks = Array.from(starts, (start) => Math.round(start / unit));
  for (let i = 1; i < ticks.length; i += 1) bytes.setUint32(4 + 4 * i, ticks[i] - ticks[i - 1], true);
  return bytes.buffer;
}

for (const rate of RATES) {
  test(`each time belongs to the frame that is on screen, at ${rate}`, () => {
    const table = tableAt(rate, 1000);
    const starts = startsOf(rate, 1000);
    for (let frame = 0; frame < 1000; frame += 1) {
      const end = starts[frame + 1];
      for (const seconds of [starts[frame], table.inside(frame), table.inside(frame, 0.25), end - 1e-9])
        assert.equal(table.at(seconds), frame);
      assert.ok(table.inside(frame) > starts[frame] && table.inside(frame) < end);
      assert.equal(table.inside(frame), (starts[frame] + end) / 2);
    }
  });

  test(`the border of a time is the first frame that appears at or after it, at ${rate}`, () => {
    const table = tableAt(rate, 1000);
    const starts = startsOf(rate, 1000);
    for (let frame = 1; frame < 1000; frame += 1) {
      assert.equal(table.first(starts[frame]), frame);
      assert.equal(table.first(starts[frame] + 5e-7), frame, "times are rounded to a millionth of a second");
      assert.equal(table.first(starts[frame] - 5e-7), frame);
      assert.equal(table.first(starts[frame] + 1e-3), frame + 1);
      assert.equal(table.first(starts[frame] - 1e-3), frame);
    }
    assert.equal(table.first(0), 0);
    assert.equal(table.first(starts[1000]), 1000);
  });

  test(`the nearest border is the start of this frame or of the next, at ${rate}`, () => {
    const table = tableAt(rate, 50);
    for (let frame = 0; frame < 50; frame += 1) {
      assert.equal(table.border(table.inside(frame, 0.4)), frame);
      assert.equal(table.border(table.inside(frame, 0.6)), frame + 1);
    }
    assert.equal(table.border(99), 50, "the end is a border");
    assert.equal(table.shown(99), 49, "but no frame");
    assert.equal(table.shown(table.inside(7, 0.9)), 8, "a media time is rounded, either way");
  });

  test(`a table travels without loss, at ${rate}`, () => {
    const starts = startsOf(rate, 3000);
    const table = unpack(content(starts));
    assert.equal(table.count, 3000);
    for (let i = 0; i <= 3000; i += 1) assert.ok(Math.abs(table.starts[i] - starts[i]) <= 0.51e-6);
  });
}

test("times before the first and after the last frame belong to these", () => {
  const table = tableAt(25, 3);
  assert.deepEqual([table.at(-1), table.at(99), table.at(0.12)], [0, 2, 2]);
});

test("a table is downloaded once, and again after an error", async (t) => {
  const starts = startsOf(25, 4);
  let ok = false;
  const fetch = t.mock.method(globalThis, "fetch", async () => ({ ok, status: 503, arrayBuffer: async () => content(starts) }));
  await assert.rejects(tableOf("/frames/x"), /\/frames\/x: 503/);
  ok = true;
  const [table, again] = await Promise.all([tableOf("/frames/x"), tableOf("/frames/x")]);
  assert.equal(table, again);
  assert.equal(table.count, 4);
  assert.equal(await tableOf("/frames/x"), table);
  assert.equal(fetch.mock.callCount(), 2);
});
