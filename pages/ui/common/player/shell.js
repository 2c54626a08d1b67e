// The elements of a player: picture, buttons, lanes. What they do is in player.js.
/** @import { Elements, Player } from "./types" */
import { displayName, setBrush } from "./edit.js";
import { LABEL_KEYS } from "./keys.js";
import { SPEEDS } from "./playback.js";
import { isPoint, pressChip } from "./points/point_edits.js";
import { NOTHING, UNLABELLED } from "./rows.js";
import { number } from "./formatting.js";

const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  previousFrame: "M15.5 5v14l-9-7z",
  nextFrame: "M8.5 5v14l9-7z",
  previousBorder: "M6 5h2.2v14H6zM19 5v14l-9.5-7z",
  nextBorder: "M15.8 5H18v14h-2.2zM5 5v14l9.5-7z",
  loop: "M7 7h9V4l5 4-5 4V9H9v4H7zM17 17H8v3l-5-4 5-4v3h7v-4h2z",
  sound: "M4 9h4l5-4v14l-5-4H4zM16 8.5a5 5 0 0 1 0 7M18 6a8.5 8.5 0 0 1 0 12",
  captions: "M3 5h18v14H3zM6 12h5v1.8H6zM13 12h5v1.8h-5zM6 15.2h8V17H6z",
  zoomIn: "M10 4a6 6 0 1 0 3.8 10.6l5 5 1.3-1.3-5-5A6 6 0 0 0 10 4zm-.9 3h1.8v2.1H13v1.8h-2.1V13H9.1v-2.1H7V9.1h2.1z",
  zoomOut: "M10 4a6 6 0 1 0 3.8 10.6l5 5 1.3-1.3-5-5A6 6 0 0 0 10 4zM7 9.1h6v1.8H7z",
  whole: "M3 5h2v14H3zM19 5h2v14h-2zM6 11h4V8l4 4 0 0 4-4v3h0v2h0v3l-4-4-4 4v-3H6z",
  screen: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
  help:
    "M11 17h2v2.2h-2zM12 4.6a4.5 4.5 0 0 0-4.5 4.4h2a2.5 2.5 0 1 1 3.7 2.2c-1.5.9-2.2 1.8-2.2 3.6v.4h2v-.3" +
    "c0-1 .4-1.5 1.5-2.2A4.5 4.5 0 0 0 12 4.6z",
  undo: "M9 5v4h5a5 5 0 0 1 0 10H8v-2h6a3 3 0 0 0 0-6H9v4l-6-5z",
  redo: "M15 5v4h-5a5 5 0 0 0 0 10h6v-2h-6a3 3 0 0 1 0-6h5v4l6-5z",
  split: "M11 3h2v18h-2zM3 9h6v6H3zM15 9h6v6h-6z",
  merge: "M3 9h7v2l3-2.6V9h8v6h-8v-.4L10 17v-2H3z",
  remove: "M9 4h6l1 2h4v2H4V6h4zM6 9h12l-1 11H7z",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  return `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
}

/** @param {string} name of the class @param {keyof typeof ICONS} shape @param {string} title @param {string} key */
const button = (name, shape, title, key) =>
  `<button type="button" class="do ${name}" title="${title} (${key})" aria-label="${title}">${icon(shape)}</button>`;

const OPTIONS = SPEEDS.map((rate) => `<option value="${rate}"${rate === 1 ? " selected" : ""}>${rate}×</option>`);

const BORDERS_AND_FRAMES = [
  button("toPreviousBorder", "previousBorder", "Previous segment border", ","),
  button("toPreviousFrame", "previousFrame", "Previous frame", "←"),
  button("toPlay", "play", "Play or pause", "Space"),
  button("toNextFrame", "nextFrame", "Next frame", "→"),
  button("toNextBorder", "nextBorder", "Next segment border", "."),
].join("");

const VIEW = [
  button("loopButton", "loop", "Loop the segment", "l"),
  button("captionsButton", "captions", "Labels on the video", "k"),
  button("muteButton", "sound", "Mute", "m"),
  button("toZoomOut", "zoomOut", "Zoom out", "-"),
  button("toWhole", "whole", "Show the whole clip", "f"),
  button("toZoomIn", "zoomIn", "Zoom in", "+"),
  button("toScreen", "screen", "Full screen", "double click"),
  button("toHelp", "help", "Keyboard shortcuts", "?"),
].join("");

const EDITS = [
  button("toSplit", "split", "Split at the playhead", "Shift S"),
  button("toMerge", "merge", "Merge with the next segment", "Shift M"),
  button("toRemove", "remove", "Delete the segment or point", "Delete"),
  button("toUndo", "undo", "Undo", "Ctrl Z"),
  button("toRedo", "redo", "Redo", "Ctrl Y"),
].join("");

const STRIDE = "Frames to skip with Shift and an arrow key";

const SHELL = `<div class="player" tabindex="-1" role="group" aria-label="Clip and labels">
  <div class="screen"><video playsinline preload="auto" aria-label="Clip"></video><p class="message" hidden></p></div>
  <div class="bar" role="toolbar" aria-label="Playback">
    <span class="set">${BORDERS_AND_FRAMES}</span>
    <span class="set right"><label class="small" title="${STRIDE}">skip
      <input class="stride" type="number" min="1" max="9999" value="10" aria-label="${STRIDE}"></label>
    <select class="speed" aria-label="Playback speed" title="Playback speed (&lt; and &gt;)">${OPTIONS.join("")}
    </select>${VIEW}</span></div>
  <div class="now" aria-live="off"><span class="dot"></span><span class="label"></span><span class="confidence"></span>
    <span class="status" role="status" aria-live="polite"></span>
    <span class="where"><label class="at">frame <input class="field" inputmode="numeric"
      aria-label="Current frame; enter a number to go to it"><span class="count"></span></label>
    <span class="clock"></span></span></div>
  <p class="note varies" hidden></p><p class="note odd" role="alert" hidden></p>
  <div class="track"><div class="names"></div>
    <div class="stage"><canvas class="ruler" aria-hidden="true"></canvas>
      <div class="lane" role="group" aria-label="Labels over time"><canvas class="lanes" aria-hidden="true"></canvas>
        <div class="segments"></div></div>
      <div class="head" tabindex="0" role="slider" aria-label="Playhead"></div>
      <div class="overview" hidden aria-hidden="true"><canvas class="smallLanes"></canvas>
        <div class="window"></div><div class="mini"></div></div>
    </div></div>
  <div class="tools" role="toolbar" aria-label="Labelling" hidden>
    <span class="chips" role="group" aria-label="Labels"></span><span class="set">${EDITS}</span></div>
  <p class="note unsent" role="alert" hidden></p>
  <div class="keys" role="dialog" aria-label="Keyboard shortcuts" hidden></div></div>`;

/** The selector of each element. @type {Record<Exclude<keyof Elements, "box">, string>} */
const PARTS = {
  video: "video",
  message: ".message",
  field: ".field",
  count: ".count",
  clock: ".clock",
  stride: ".stride",
  speed: ".speed",
  dot: ".dot",
  label: ".label",
  confidence: ".confidence",
  status: ".status",
  variableRate: ".varies",
  warning: ".odd",
  unsent: ".unsent",
  names: ".names",
  stage: ".stage",
  ruler: ".ruler",
  lane: ".lane",
  lanes: ".lanes",
  buttons: ".segments",
  playhead: ".head",
  overview: ".overview",
  overviewLanes: ".smallLanes",
  overviewWindow: ".window",
  overviewPlayhead: ".mini",
  tools: ".tools",
  chips: ".chips",
  helpBox: ".keys",
  playButton: ".toPlay",
  loopButton: ".loopButton",
  captionsButton: ".captionsButton",
  muteButton: ".muteButton",
};

/** @param {HTMLElement} root @returns {Elements} */
export function buildElements(root) {
  const holder = document.createElement("div");
  holder.innerHTML = SHELL;
  const box = /** @type {HTMLElement} */ (holder.firstElementChild);
  root.append(box);
  const parts = Object.entries(PARTS).map(([name, selector]) => [name, box.querySelector(selector)]);
  return { box, ...Object.fromEntries(parts) };
}

/** The labels that can be drawn, and the buttons for edits. @param {Player} player */
export function drawTools(player) {
  const { data } = player;
  player.tools.hidden = !(data.labels.length && data.rows.some((row) => row.edits));
  player.box.classList.toggle("edits", !player.tools.hidden);
  const key = JSON.stringify([data.labels, data.points, data.palette]);
  if (player.tools.hidden || player.chipsKey === key) return;
  player.chipsKey = key;
  const chips = data.labels.map((label, index) => chip(player, label, LABEL_KEYS[index] ?? ""));
  player.chips.replaceChildren(...chips, chip(player, NOTHING, "0"), chip(player, UNLABELLED, "⇧U"));
  const states = data.labels.filter((label) => !isPoint(player, label));
  const known = states.includes(player.brush) || (player.brush < 0 && player.brushChosen);
  setBrush(player, known ? player.brush : (states[0] ?? NOTHING));
  player.brushChosen = true;
}

/** @param {Player} player @param {number} label @param {string} key */
function chip(player, label, key) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "chip" });
  made.dataset.label = String(label);
  const point = isPoint(player, label);
  const className = point ? "diamond" : label === UNLABELLED ? "hatched" : "";
  const swatch = Object.assign(document.createElement("i"), { className });
  if (label >= 0) swatch.style.background = player.data.palette[label].colour;
  const kbd = Object.assign(document.createElement("kbd"), { textContent: key });
  made.append(swatch, displayName(player, label), kbd);
  if (point) made.title = "Set a point on this frame, or delete the one on it";
  made.onclick = () => pressChip(player, label);
  return made;
}

/** How many frames there are, and whether their rate varies. @param {Player} player */
export function drawFacts(player) {
  const { data } = player;
  player.count.textContent = `of ${number(data.frame_count)}`;
  player.field.style.width = `${String(data.frame_count).length + 2}ch`;
  player.variableRate.hidden = !data.varies;
  player.variableRate.textContent = data.varies;
  player.playhead.setAttribute("aria-valuemin", "0");
  player.playhead.setAttribute("aria-valuemax", String(data.frame_count - 1));
  player.box.classList.toggle("small", Boolean(data.quiet));
}
