// The clip, and beneath it lanes of labels on one axis. Tells the page the moment at which it rests, and each edit.
/** @import { ComponentArguments } from "../component" */
/** @import { Elements, Player, PlayerData } from "./types" */
import { redraw, resize } from "./draw.js";
import { endPainting, history, labelUp, merge, split } from "./edit.js";
import { tableOf } from "./frame_table.js";
import { keyDown, listenField, toggleHelp } from "./keys.js";
import { confirm, restore } from "./outbox.js";
import {
  follow, report, setSpeed, setView, showFrame, showMessage, step, stepBorder, toggleCaptions, toggleFullScreen,
  toggleLoop, toggleMute, togglePlay, zoom,
} from "./playback.js";
import { removeSelected } from "./points/point_edits.js";
import { pointerDown, pointerMove, pointerUp, timeAt, wheel } from "./pointer.js";
import { apply, NOTHING, rowOf } from "./rows.js";
import { followClock, onSeeked, seek, seekFrame, settle, watchPicture } from "./seek.js";
import { buildElements, drawFacts, drawTools, icon } from "./shell.js";

/** @type {WeakMap<HTMLElement, Player>} */
const players = new WeakMap();
/** @type {Player | null} */
let latest = null; // the player that hears keys while nothing on the page has the focus

/** @returns {Omit<Player, keyof Elements | "data" | "setStateValue">} */
const initialState = () => ({
  table: null, moment: 0, frame: 0, view: { from: 0, to: 1 }, rows: [], width: 600, height: 20,
  target: null, requested: null, attempts: 0, onScreen: null, seeking: false, watching: false, playAfterSeek: false,
  pending: null, broken: false, begun: false, captions: "showing", loop: null,
  active: null, chosenRow: null, selected: null, brush: NOTHING, brushChosen: false, gesture: null, preview: null,
  painting: null, pointers: new Map(),
  nonce: Math.random().toString(36).slice(2, 10), serial: 1, outbox: [], outboxKey: "", unconfirmed: false, session: "",
  version: 0, drawn: 0, decoded: new Map(), styles: [], theme: null, hatch: null, line: null,
  overviewKey: "", chipsKey: "", rowsKey: "", sourceKey: "", tableAddress: "", subtitlesAddress: "",
  rowsHeldBack: false, seekId: 0, reportedMoment: 0, reportedView: [0, 0], zoomHintShown: false,
  animation: 0, reportTimer: undefined, buttonTimer: undefined, statusTimer: undefined,
  loopTimer: undefined, lateTimer: undefined, overdueTimer: undefined,
});

/**
 * A player at rest, without a clip yet.
 * @param {HTMLElement} root
 * @param {Pick<Player, "data" | "setStateValue">} given
 * @returns {Player}
 */
export function build(root, given) {
  return { ...initialState(), ...buildElements(root), ...given };
}

/** What each button does, by its class. @type {Record<string, (player: Player) => void>} */
const BUTTONS = {
  toPreviousBorder: (player) => stepBorder(player, -1),
  toPreviousFrame: (player) => step(player, -1),
  toPlay: togglePlay,
  toNextFrame: (player) => step(player, 1),
  toNextBorder: (player) => stepBorder(player, 1),
  loopButton: toggleLoop,
  captionsButton: (player) => toggleCaptions(player),
  muteButton: toggleMute,
  toZoomOut: (player) => zoom(player, 2),
  toZoomIn: (player) => zoom(player, 0.5),
  toWhole: (player) => setView(player, 0, player.data.duration_s),
  toScreen: toggleFullScreen,
  toHelp: toggleHelp,
  toSplit: split,
  toMerge: merge,
  toRemove: removeSelected,
  toUndo: (player) => history(player, "undo"),
  toRedo: (player) => history(player, "redo"),
};

/** @param {Player} player */
function listen(player) {
  const { lane, ruler, overview, box } = player;
  for (const [name, act] of Object.entries(BUTTONS))
    /** @type {HTMLElement} */ (box.querySelector(`.${name}`)).onclick = () => act(player);
  player.speed.onchange = () => setSpeed(player, Number(player.speed.value));
  listenField(player);
  listenVideo(player);
  lane.onpointerdown = (event) => pointerDown(player, event);
  lane.onpointermove = (event) => pointerMove(player, event);
  lane.onpointerup = lane.onpointercancel = (event) => pointerUp(player, event, () => setRows(player));
  for (const part of [lane, ruler, overview])
    part.addEventListener("wheel", (event) => wheel(player, event), { passive: false });
  scrub(ruler, (x) => seek(player, timeAt(player, Math.min(Math.max(x, 0), player.width))));
  scrub(overview, (x) => {
    const half = (player.view.to - player.view.from) / 2;
    const centre = (x / player.width) * player.data.duration_s;
    setView(player, centre - half, centre + half);
  });
}

/** @param {Player} player */
function listenVideo(player) {
  const { video } = player;
  const drawButton = () => (player.playButton.innerHTML = icon(video.paused ? "play" : "pause"));
  video.onplay = () => {
    drawButton();
    watchPicture(player);
    followClock(player);
  };
  video.onpause = () => {
    drawButton();
    endPainting(player);
    report(player);
  };
  video.onseeked = () => onSeeked(player);
  video.onloadedmetadata = () => onLoaded(player);
  video.onerror = () => {
    if (!video.getAttribute("src")) return;
    player.broken = true;
    showMessage(player, "The browser cannot play this clip. The labels below can still be used.");
    if (player.target !== null) settle(player, player.target);
  };
  video.onclick = () => togglePlay(player);
  video.ondblclick = () => toggleFullScreen(player);
}

/** @param {Player} player */
function onLoaded(player) {
  const play = Boolean(player.data.play && !player.begun);
  player.begun = true;
  player.seeking = false;
  setSpeed(player, Number(player.speed.value));
  if (player.table) seekFrame(player, player.target ?? player.frame, { play });
  else if (player.pending) player.pending.play ||= play;
}

/**
 * Call `act` with the position of the pointer while it is down on an element.
 * @param {HTMLElement} element
 * @param {(x: number) => void} act
 */
function scrub(element, act) {
  const move = (/** @type {PointerEvent} */ event) => act(event.clientX - element.getBoundingClientRect().left);
  element.onpointerdown = (event) => {
    if (event.button) return;
    element.setPointerCapture(event.pointerId);
    move(event);
  };
  element.onpointermove = (event) => {
    if (element.hasPointerCapture(event.pointerId)) move(event);
  };
}

/** @param {Player} player */
function setSource(player) {
  const { source, poster, subtitles, waiting } = player.data;
  if (!source) showMessage(player, waiting);
  const key = JSON.stringify([source, subtitles]);
  if (player.sourceKey === key) return;
  player.sourceKey = key;
  const { video } = player;
  video.replaceChildren();
  if (!source) return video.removeAttribute("src");
  video.poster = poster;
  if (video.getAttribute("src") !== source) {
    player.broken = false;
    showMessage(player, "");
    video.src = source;
  }
  setSubtitles(player, subtitles);
}

/** @param {Player} player @param {string} subtitles WebVTT, or empty */
function setSubtitles(player, subtitles) {
  if (player.subtitlesAddress) URL.revokeObjectURL(player.subtitlesAddress);
  player.subtitlesAddress = "";
  player.captionsButton.hidden = !subtitles;
  if (!subtitles) return;
  player.subtitlesAddress = URL.createObjectURL(new Blob([subtitles], { type: "text/vtt" }));
  const track = { kind: "subtitles", label: "Labels", srclang: "en", src: player.subtitlesAddress, default: true };
  player.video.append(Object.assign(document.createElement("track"), track));
  toggleCaptions(player, player.captions === "showing");
}

/**
 * Lanes from the server, with what it does not have yet applied again. They wait for the end of a drag.
 * @param {Player} player
 */
export function setRows(player) {
  const { data, gesture } = player;
  confirm(player);
  const key = JSON.stringify([data.rows, data.palette]);
  if (key === player.rowsKey && !player.unconfirmed) return;
  const dragging = gesture && "moved" in gesture && gesture.moved && !("readOnly" in gesture && gesture.readOnly);
  player.rowsHeldBack = Boolean(dragging && player.rows.length);
  if (player.rowsHeldBack) return;
  player.rowsKey = key;
  player.unconfirmed = player.outbox.length > 0;
  player.styles = [];
  replaceRows(player);
  if (player.table) for (const edit of player.outbox) apply(player, edit);
  player.version += 1;
}

/** Let what names an old row name the new one. @param {Player} player */
function replaceRows(player) {
  const { data } = player;
  player.rows = data.rows.map((row) => rowOf(row, player.decoded));
  const rowNamed = (/** @type {string | undefined} */ name) => player.rows.find((row) => row.name === name) ?? null;
  const active = rowNamed(player.active?.name ?? data.active) || player.rows.find((row) => row.edits) || null;
  player.active = data.labels.length ? active : null;
  player.chosenRow = rowNamed(player.chosenRow?.name);
  const previewRow = rowNamed(player.preview?.row.name) || player.active;
  player.preview = player.preview && previewRow && { ...player.preview, row: previewRow };
  const selectedRow = rowNamed(player.selected?.row.name);
  player.selected = player.selected && selectedRow && { ...player.selected, row: selectedRow };
}

/**
 * The table of frames; until it is here the player waits with seeking, and nothing can be edited.
 * @param {Player} player
 */
function loadTable(player) {
  const { frames } = player.data;
  if (player.tableAddress === frames) return;
  player.tableAddress = frames;
  player.table = null;
  tableOf(frames)
    .then((table) => {
      if (player.tableAddress !== frames) return;
      player.table = table;
      const { seconds, play } = player.pending || { seconds: player.moment, play: false };
      player.pending = null;
      for (const edit of player.outbox) apply(player, edit);
      drawTools(player);
      seek(player, seconds, play || Boolean(player.data.play && !player.begun && player.video.readyState));
      redraw(player);
    })
    .catch(() => {
      player.warning.hidden = false;
      player.warning.textContent = "The frame times could not be loaded. Reload the page.";
    });
}

/**
 * A player at the moment and the view at which the page begins.
 * @param {HTMLElement} root
 * @param {Pick<Player, "data" | "setStateValue">} given
 */
function begin(root, given) {
  const player = build(root, given);
  const { data } = given;
  players.set(root, player);
  const [from, to] = data.view.length && data.view[0] < data.duration_s ? data.view : [0, data.duration_s];
  const view = { from, to: Math.min(to, data.duration_s) };
  Object.assign(player, { moment: data.start_s, seekId: data.seek.id, view });
  player.reportedView = data.view.length ? data.view : [0, 0];
  player.reportedMoment = Number(data.start_s.toFixed(6)); // the page knows where it began
  listen(player);
  return player;
}

/** @param {ComponentArguments<PlayerData>} given */
export default function ({ data, parentElement, setStateValue }) {
  const known = players.get(parentElement);
  const player = known ?? begin(parentElement, { data, setStateValue });
  Object.assign(player, { data, setStateValue });
  latest = player;
  restore(player);
  setSource(player);
  loadTable(player);
  setRows(player);
  drawTools(player);
  drawFacts(player);
  resize(player);
  if (!known) seek(player, data.start_s);
  else if (player.table) showFrame(player, player.frame, player.moment);
  if (player.seekId !== data.seek.id) {
    player.seekId = data.seek.id;
    seek(player, data.seek.moment_s, data.seek.play);
    follow(player);
  }
  return watch(player);
}

/** Hear keys and changes of size for as long as this drawing of the component stands. @param {Player} player */
function watch(player) {
  const down = (/** @type {KeyboardEvent} */ event) => keyDown(player, event, latest === player);
  const up = (/** @type {KeyboardEvent} */ event) => labelUp(player, event.code);
  const blur = () => endPainting(player);
  const watcher = new ResizeObserver(() => player.lane.clientWidth !== player.width && resize(player));
  watcher.observe(player.lane);
  player.box.addEventListener("keydown", down);
  document.addEventListener("keydown", down);
  window.addEventListener("keyup", up);
  window.addEventListener("blur", blur);
  return () => {
    watcher.disconnect();
    player.box.removeEventListener("keydown", down);
    document.removeEventListener("keydown", down);
    window.removeEventListener("keyup", up);
    window.removeEventListener("blur", blur);
  };
}
