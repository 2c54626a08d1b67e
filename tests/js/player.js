// A player with made lanes, as the server would send them.
import { mount } from "./dom.js";
import { FrameTable } from "../../pages/ui/common/player/frame_table.js";
import { build, setRows } from "../../pages/ui/common/player/player.js";

export const LABELS = ["walk", "run", "jump"];
export const RATES = { 25: 1 / 25, 23.976: 1001 / 24000 };

/** The times at which frames appear, and the end: `count` frames at a rate, or "jittered" between 12 and 55 ms. */
export function startsOf(rate, count) {
  const starts = [0];
  let random = 7;
  for (let frame = 0; frame < count; frame += 1) {
    random = (random * 16807) % 2147483647;
    const gap = rate === "jittered" ? 0.012 + 0.043 * (random / 2147483647) : RATES[rate];
    starts.push(rate === "jittered" ? starts[frame] + gap : (frame + 1) * gap);
  }
  return Float64Array.from(starts);
}

export const tableAt = (rate, count) => new FrameTable(startsOf(rate, count));

const encode = (Kind, values) => Buffer.from(new Kind(values).buffer).toString("base64");

/** A lane of [start, stop, label, confidence] as the server packs it. */
export function packed({ name = "mine", edits = true, look = "label", title = "", seen = null, segments = [], points = [], curves = [] } = {}) {
  return {
    name, title, edits, look, seen,
    starts: encode(Float64Array, segments.map(([start]) => start)),
    stops: encode(Float64Array, segments.map(([, stop]) => stop)),
    labels: encode(Uint16Array, segments.map(([, , label]) => LABELS.indexOf(label))),
    confidences: encode(Uint8Array, segments.map(([, , , confidence]) => (confidence === undefined ? 255 : Math.round(100 * confidence)))),
    pointTimes: encode(Float64Array, points.map(([time]) => time)),
    pointLabels: encode(Uint16Array, points.map(([, label]) => LABELS.indexOf(label))),
    pointConfidences: encode(Uint8Array, points.map(([, , confidence]) => (confidence === undefined ? 255 : Math.round(100 * confidence)))),
    curves: curves.map(({ times, values, ...rest }) => ({
      ...rest, times: encode(Float32Array, times), values: encode(Uint8Array, values),
    })),
  };
}

export function dataOf(changes = {}) {
  return {
    source: "", poster: "", frames: "/frames/a", waiting: "", duration_s: 6, frame_count: 150, varies: "", subtitles: "",
    rows: [packed()], palette: LABELS.map((label) => ({ label, colour: "#0072B2" })), labels: [0, 1, 2], points: [],
    rest: "nothing certain", seek: { moment_s: 0, id: 0, play: false }, start_s: 0, quiet: false, play: false,
    active: "mine", keep: "track", done: {}, session: "s1", view: [], ...changes,
  };
}

/** A player at rest at frame 0 of 150 frames at 25 frames/s, 600 px wide: a frame is 4 px, a second 100 px. */
export function playerOf(changes = {}, { table = tableAt(25, 150) } = {}) {
  const states = [];
  const data = dataOf(changes);
  const player = build(mount(), { data, setStateValue: (name, value) => states.push([name, value]) });
  Object.assign(player, { table, view: { from: 0, to: data.duration_s }, session: data.session });
  setRows(player);
  player.rows.forEach((row, index) => Object.assign(row, { top: 40 * index, height: 39 }));
  player.states = states;
  return player;
}

/** What a lane holds, in words: "run 1-2.4". */
export const textOf = (player, name = "mine") =>
  player.rows
    .find((row) => row.name === name)
    .segments.map(({ start, stop, label }) => `${LABELS[label]} ${round(start)}-${round(stop)}`);

const round = (seconds) => Number(seconds.toFixed(3));

/** The kinds of the edits that were made, in order. */
export const kindsOf = (player) => player.outbox.map(({ kind }) => kind);

/** The points of a lane, in words: "run 1.2". */
export const pointsIn = (player, name = "mine") =>
  player.rows.find((row) => row.name === name).points.map(({ time, label }) => `${LABELS[label]} ${round(time)}`);
