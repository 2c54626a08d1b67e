// Playing, stepping and looping; the line that says what is on screen; the part of the clip that the lanes show.
/** @import { Player, Row } from "./types" */
import { drawPlayhead, redraw } from "./draw.js";
import { IDLE, paintTo, select } from "./edit.js";
import { selectedSegment } from "./lanes.js";
import { selectPoint } from "./points/point_edits.js";
import { frameOfPoint, pointsOnFrame } from "./points/point_rows.js";
import { canEdit, firstEndingAfter, seenAt, segmentAt } from "./rows.js";
import { playable, seekFrame } from "./seek.js";
import { clock, percent } from "./formatting.js";

export const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 4];
const REST_MS = 250; // without a move, until the page is told
const REST_EDITING_MS = 1500; // while labels are drawn the server has better things to do
const STATUS_MS = 2600;

/**
 * A frame was played: end of a loop, of what is being painted, of what is in view.
 * @param {Player} player
 * @param {number} frame
 */
export function onPlayed(player, frame) {
  const { loop, table } = player;
  if (loop && table && (frame >= loop.stop - 1 || frame < loop.start)) {
    const rest = frame >= loop.stop - 1 ? table.starts[frame + 1] - table.starts[frame] : 0;
    const again = () => player.loop === loop && !player.video.paused && seekFrame(player, loop.start);
    clearTimeout(player.loopTimer);
    player.loopTimer = setTimeout(again, (800 * rest) / player.video.playbackRate);
  }
  follow(player);
  paintTo(player, frame);
}

/** Keep the playhead in view while it moves. @param {Player} player */
export function follow(player) {
  const { view, moment } = player;
  const span = view.to - view.from;
  if (player.gesture || (moment >= view.from && moment < view.to)) return;
  setView(player, moment - 0.08 * span, moment + 0.92 * span);
}

/** Tell the page where the player is, once it is at rest. @param {Player} player */
export function report(player) {
  if (player.data.quiet) return;
  clearTimeout(player.reportTimer);
  const rest = canEdit(player) ? REST_EDITING_MS : REST_MS;
  player.reportTimer = setTimeout(() => {
    if (!player.video.paused || !player.box.isConnected) return; // a page that was left is told nothing
    reportView(player);
    const moment = Number(player.moment.toFixed(6));
    if (moment === player.reportedMoment) return;
    player.reportedMoment = moment;
    player.setStateValue("moment", moment);
  }, rest);
}

/** Which part of the clip the lanes show; two zeros where that is all of it. @param {Player} player */
function reportView(player) {
  const { from, to } = player.view;
  const whole = to - from >= player.data.duration_s - 1e-6;
  const view = whole ? [0, 0] : [Number(from.toFixed(2)), Number(to.toFixed(2))];
  if (String(view) === String(player.reportedView)) return;
  player.reportedView = view;
  player.setStateValue("view", view);
}

/** The row that the line under the picture reads. @param {Player} player @returns {Row | undefined} */
export function mainRow(player) {
  return player.active || player.rows.find((row) => !row.title && row.look === "label" && !row.curves.length);
}

/**
 * Show which frame it is, and what its label is.
 * @param {Player} player
 * @param {number} frame
 * @param {number} seconds
 */
export function showFrame(player, frame, seconds) {
  player.moment = seconds;
  player.frame = frame;
  const inside = player.table ? player.table.inside(frame) : seconds;
  showLabel(player, inside, frame);
  const root = /** @type {ShadowRoot | Document} */ (player.field.getRootNode());
  if (root.activeElement !== player.field) player.field.value = player.table ? String(frame) : "";
  player.clock.textContent = `${clock(seconds, 2)} of ${clock(player.data.duration_s, 2)}`;
  player.playhead.setAttribute("aria-valuenow", String(frame));
  const label = player.label.textContent;
  player.playhead.setAttribute("aria-valuetext", `frame ${frame}, ${clock(seconds, 2)}, ${label}`);
  player.box.dataset.frame = String(frame);
  drawPlayhead(player);
}

/** The points on a frame, by name. @param {Player} player @param {Row} row @param {number} frame */
const marksOn = (player, row, frame) =>
  pointsOnFrame(player, row, frame).map(({ label }) => `◆ ${player.data.palette[label].label}`);

/** @param {Player} player @param {number} seconds @param {number} frame */
function showLabel(player, seconds, frame) {
  const { palette, rest } = player.data;
  const row = mainRow(player);
  const segment = row && segmentAt(row, seconds);
  const empty = row?.edits ? ["unlabelled", IDLE] : ["not analysed", rest];
  const label = segment ? palette[segment.label].label : empty[row && !seenAt(row, seconds) ? 0 : 1];
  player.dot.hidden = !segment;
  player.dot.style.background = segment ? palette[segment.label].colour : "";
  player.label.textContent = row ? label : "";
  const known = segment && segment.confidence !== null;
  const confidence = known ? `confidence ${percent(/** @type {number} */ (segment.confidence))}` : "";
  const points = row ? marksOn(player, row, frame) : [];
  const others = player.rows
    .filter((other) => other.title && other !== row)
    .map((other) => {
      const match = segmentAt(other, seconds);
      const marks = marksOn(player, other, frame);
      const names = match ? [palette[match.label].label, ...marks] : marks;
      return `${other.title} ${names.join(" ") || "nothing"}`;
    });
  player.confidence.textContent = [confidence, ...points, ...others].filter(Boolean).join(" · ");
}

/** @param {Player} player */
export function togglePlay(player) {
  if (!playable(player)) return;
  if (player.video.paused) player.video.play().catch(() => {});
  else player.video.pause();
}

/** Go on or back by some frames. @param {Player} player @param {number} frames */
export function step(player, frames) {
  if (!player.table) return;
  player.video.pause();
  const frame = (player.target ?? player.frame) + frames;
  seekFrame(player, frame);
  follow(player);
  paintTo(player, Math.min(Math.max(frame, 0), player.table.count - 1));
}

/**
 * To the next or the previous border of a segment, or point, in the row that counts; a point there, or a segment that
 * begins there, is chosen, if it can be edited.
 * @param {Player} player
 * @param {1 | -1} direction
 */
export function stepBorder(player, direction) {
  const row = player.chosenRow || mainRow(player) || player.rows[0];
  const { table } = player;
  if (!row || !table) return;
  player.video.pause();
  const now = player.target ?? player.frame;
  const borders = row.segments.flatMap(({ start, stop }) => [table.first(start), table.first(stop)]);
  borders.push(...row.points.map((point) => frameOfPoint(player, point)));
  let frame = direction > 0 ? table.count - 1 : 0;
  for (const border of borders) {
    if (direction > 0 && border > now) frame = Math.min(frame, border);
    if (direction < 0 && border < now) frame = Math.max(frame, border);
  }
  seekFrame(player, frame);
  follow(player);
  const segment = row.segments[firstEndingAfter(row.segments, table.inside(frame))];
  if (!row.edits || !canEdit(player)) return;
  const [point] = pointsOnFrame(player, row, frame);
  if (point) selectPoint(player, row, point);
  else select(player, row, segment && table.first(segment.start) === frame ? segment : null);
}

/** @param {Player} player @param {number} rate */
export function setSpeed(player, rate) {
  player.video.defaultPlaybackRate = rate;
  player.video.playbackRate = rate;
  player.speed.value = String(rate);
}

/** To the next speed, or the one before. @param {Player} player @param {1 | -1} direction */
export function changeSpeed(player, direction) {
  const speed = SPEEDS[SPEEDS.indexOf(player.video.playbackRate) + direction];
  if (speed) setSpeed(player, speed);
}

/** Loop the chosen segment, or the one at the playhead; a second time ends it. @param {Player} player */
export function toggleLoop(player) {
  const row = player.selected?.row || player.chosenRow || mainRow(player);
  const { table } = player;
  const segment = selectedSegment(player) || (row && table && segmentAt(row, table.inside(player.frame)));
  const start = segment && table && !player.loop ? table.first(segment.start) : null;
  if (segment && table && start !== null) player.loop = { start, stop: Math.max(table.first(segment.stop), start + 1) };
  else player.loop = null;
  player.loopButton.setAttribute("aria-pressed", String(Boolean(player.loop)));
  player.loopButton.classList.toggle("on", Boolean(player.loop));
  if (segment && player.loop) {
    announce(player, `Looping ${player.data.palette[segment.label].label}`);
    seekFrame(player, player.loop.start, { play: true });
  } else announce(player, segment ? "Loop off" : "There is no segment here to loop");
}

/** Say what happened, for a moment. @param {Player} player @param {string} message */
export function announce(player, message) {
  player.status.textContent = message;
  player.status.classList.add("fresh");
  clearTimeout(player.statusTimer);
  player.statusTimer = setTimeout(() => player.status.classList.remove("fresh"), STATUS_MS);
}

/** Let the lanes show this part of the clip. @param {Player} player @param {number} from @param {number} to */
export function setView(player, from, to) {
  const end = player.data.duration_s;
  const least = player.table ? Math.min(end, (6 * end) / player.table.count) : Math.min(end, 0.2);
  const span = Math.min(Math.max(to - from, least), end);
  const start = Math.min(Math.max(from + (to - from - span) / 2, 0), end - span);
  player.view = { from: start, to: start + span };
  redraw(player);
  report(player);
}

/** Show so many times as much, around a time or the playhead. @param {Player} player @param {number} factor */
export function zoom(player, factor, at = Number.NaN) {
  const { from, to } = player.view;
  const inView = player.moment >= from && player.moment <= to;
  const centre = Number.isNaN(at) ? (inView ? player.moment : (from + to) / 2) : at;
  setView(player, centre - (centre - from) * factor, centre + (to - centre) * factor);
}

/** @param {Player} player */
export function toggleMute(player) {
  player.video.muted = !player.video.muted;
  player.muteButton.setAttribute("aria-pressed", String(player.video.muted));
  player.muteButton.classList.toggle("on", player.video.muted);
}

/** Labels on the picture, on or off. @param {Player} player */
export function toggleCaptions(player, on = player.captions !== "showing") {
  player.captions = on ? "showing" : "hidden";
  for (const track of player.video.textTracks) track.mode = player.captions;
  player.captionsButton.setAttribute("aria-pressed", String(on));
  player.captionsButton.classList.toggle("on", on);
}

/** @param {Player} player */
export function toggleFullScreen(player) {
  if (document.fullscreenElement) document.exitFullscreen();
  else player.box.requestFullscreen?.().catch(() => {});
}

/** Show a message instead of the picture, or the picture. @param {Player} player @param {string} message */
export function showMessage(player, message) {
  player.message.hidden = !message;
  player.message.textContent = message;
  player.video.hidden = Boolean(message);
}
