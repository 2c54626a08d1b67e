// Exact seeking: the frame that is requested, and the frame that the browser says is on screen.
/** @import { Player } from "./types" */
import { drawPlayhead } from "./draw.js";
import { onPlayed, report, showFrame } from "./playback.js";
import { number } from "./formatting.js";

const SHARES = [0.5, 0.25, 0.8]; // where in a frame's time it is sought, if need be one after the other
const LATE_MS = 400; // after this long without word of a new picture, the browser's clock is believed

/** @param {Player} player */
export const playable = (player) => Boolean(player.data.source) && !player.broken;

/**
 * Go to a frame. Seeks do not pile up: while one is under way only the last request counts.
 * @param {Player} player
 * @param {number} index
 */
export function seekFrame(player, index, { play = false } = {}) {
  if (!player.table) return;
  const frame = Math.min(Math.max(index, 0), player.table.count - 1);
  player.attempts = 0;
  player.target = frame;
  player.box.dataset.settled = "no";
  showFrame(player, frame, player.table.starts[frame]);
  if (!playable(player)) return settle(player, frame);
  if (play) player.playAfterSeek = true;
  request(player);
}

/** Go to a time; before the table of frames is here, by the clock. @param {Player} player @param {number} seconds */
export function seek(player, seconds, play = false) {
  const within = Math.min(Math.max(seconds, 0), player.data.duration_s - 0.001);
  if (player.table) return seekFrame(player, player.table.at(within + 1e-6), { play });
  player.pending = { seconds: within, play: play || Boolean(player.pending?.play) };
  player.moment = within;
  drawPlayhead(player);
}

/** @param {Player} player */
function request(player) {
  if (player.video.readyState < 1) return; // onloadedmetadata requests it again
  if (player.seeking || !player.table || player.target === null) return;
  player.seeking = true;
  player.requested = player.target;
  player.video.currentTime = player.table.inside(player.target, SHARES[player.attempts]);
  clearTimeout(player.lateTimer);
  watchPicture(player);
}

/** Whether the browser tells which picture it has put on screen. @param {Player} player */
const tellsPictures = (player) => "requestVideoFrameCallback" in player.video;

/** Hear of the next picture that the browser puts on screen. @param {Player} player */
export function watchPicture(player) {
  if (player.watching || !tellsPictures(player)) return;
  player.watching = true;
  player.video.requestVideoFrameCallback((_, { mediaTime }) => {
    player.watching = false;
    onPicture(player, mediaTime);
  });
}

/** @param {Player} player @param {number} mediaTime */
function onPicture(player, mediaTime) {
  if (!player.table) return watchPicture(player);
  const frame = player.table.shown(mediaTime);
  player.onScreen = frame;
  if (player.target !== null) {
    if (!player.seeking && frame === player.target) arrive(player, frame);
    else watchPicture(player);
    return;
  }
  showFrame(player, frame, player.table.starts[frame]);
  if (player.video.paused) return;
  onPlayed(player, frame);
  watchPicture(player);
}

/** Where a browser cannot tell its pictures, its clock has to do. @param {Player} player */
export function followClock(player) {
  if (player.video.paused || tellsPictures(player)) return;
  if (player.table && player.target === null) {
    const frame = player.table.at(player.video.currentTime + 1e-6);
    showFrame(player, frame, player.table.starts[frame]);
    onPlayed(player, frame);
  }
  requestAnimationFrame(() => followClock(player));
}

/**
 * A seek has ended and this frame is on screen: is it the one that was requested?
 * @param {Player} player
 * @param {number} frame
 */
function arrive(player, frame) {
  if (player.target === null) return;
  if (frame !== player.target && player.attempts < SHARES.length - 1) {
    player.attempts += 1;
    return request(player);
  }
  clearTimeout(player.lateTimer);
  const wrong = frame !== player.target;
  player.warning.hidden = !wrong;
  if (wrong)
    player.warning.textContent = `The browser shows frame ${number(frame)} instead of frame ${number(player.target)}.`;
  settle(player, frame);
}

/** @param {Player} player @param {number} frame */
export function settle(player, frame) {
  if (!player.table) return;
  player.target = null;
  showFrame(player, frame, player.table.starts[frame]);
  player.box.dataset.settled = "yes";
  report(player);
}

/** The browser has ended a seek. @param {Player} player */
export function onSeeked(player) {
  player.seeking = false;
  if (!player.table || player.target === null) return;
  if (player.requested !== player.target) return request(player);
  if (!player.video.paused || player.playAfterSeek) return playOn(player);
  if (player.onScreen === player.target) return arrive(player, player.target);
  watchPicture(player);
  clearTimeout(player.lateTimer);
  player.lateTimer = setTimeout(() => arrive(player, likelyFrame(player)), LATE_MS);
}

/** The frame that is on screen as far as can be told. @param {Player} player */
function likelyFrame(player) {
  if (tellsPictures(player) && !document.hidden && player.onScreen !== null) return player.onScreen;
  return player.table ? player.table.at(player.video.currentTime + 1e-6) : 0;
}

/** @param {Player} player */
function playOn(player) {
  player.target = null;
  player.playAfterSeek = false;
  player.box.dataset.settled = "yes";
  player.warning.hidden = true;
  player.video.play().catch(() => {});
  watchPicture(player);
}
