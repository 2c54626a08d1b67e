// All keyboard shortcuts, which are also what is listed under "?".
/** @import { Player } from "./types" */
import { displayName, history, IDLE, merge, select, split } from "./edit.js";
import { selectedSegment } from "./lanes.js";
import {
  announce, changeSpeed, follow, mainRow, setView, step, stepBorder, toggleCaptions, toggleLoop, toggleMute, togglePlay,
  zoom,
} from "./playback.js";
import { copySelected, endHere, isPoint, nudgeSelected, pressLabel, removeSelected } from "./points/point_edits.js";
import { canEdit, NOTHING, segmentAt, UNLABELLED } from "./rows.js";
import { seek, seekFrame } from "./seek.js";

/**
 * edit: only where a lane can be edited. far: also heard while nothing on the page has the focus. run: false where the
 * key is left to the page.
 * @typedef {{ keys: string[], text: string, run: (player: Player) => unknown, edit?: boolean, far?: boolean }} Shortcut
 */

export const LABEL_KEYS = [..."123456789qwertyuiopasdghjzxcvbn"];

/** @typedef {(keys: string[], text: string, run: Shortcut["run"]) => Shortcut} Kind */
/** @type {Kind} */
const inside = (keys, text, run) => ({ keys, text, run });
/** @type {Kind} */
const anywhere = (keys, text, run) => ({ keys, text, run, far: true });
/** @type {Kind} */
const editing = (keys, text, run) => ({ keys, text, run, edit: true, far: true });

export const SHORTCUTS = [
  anywhere(["Space"], "play or pause", togglePlay),
  anywhere(["ArrowLeft"], "previous frame", (player) => step(player, -1)),
  anywhere(["ArrowRight"], "next frame", (player) => step(player, 1)),
  anywhere(["Shift+ArrowLeft"], "several frames back (see “skip”)", (player) => step(player, -stride(player))),
  anywhere(["Shift+ArrowRight"], "several frames forward", (player) => step(player, stride(player))),
  anywhere([","], "previous start or end of a segment, or point", (player) => stepBorder(player, -1)),
  anywhere(["."], "next start or end of a segment, or point", (player) => stepBorder(player, 1)),
  inside(["PageUp"], "10 seconds forward", (player) => seek(player, player.moment + 10)),
  inside(["PageDown"], "10 seconds back", (player) => seek(player, player.moment - 10)),
  inside(["Home"], "first frame", (player) => seek(player, 0)),
  inside(["End"], "last frame", (player) => seek(player, player.data.duration_s)),
  anywhere(["Shift+G"], "go to a frame number", (player) => player.field.select()),
  anywhere(["<"], "slower", (player) => changeSpeed(player, -1)),
  anywhere([">"], "faster", (player) => changeSpeed(player, 1)),
  anywhere(["l"], "loop this segment on or off", toggleLoop),
  anywhere(["m"], "sound on or off", toggleMute),
  anywhere(["k"], "labels on the video on or off", (player) => toggleCaptions(player)),
  anywhere(["+", "="], "zoom in", (player) => zoom(player, 0.5)),
  anywhere(["-"], "zoom out", (player) => zoom(player, 2)),
  anywhere(["f"], "show the whole clip", (player) => setView(player, 0, player.data.duration_s)),
  inside(["ArrowUp"], "lane above", (player) => changeRow(player, -1)),
  inside(["ArrowDown"], "lane below", (player) => changeRow(player, 1)),
  inside(["Enter"], "play the selected segment, or copy it from another lane to yours", copyOrPlay),
  anywhere(["Escape"], "clear the selection", cancel),
  anywhere(["?"], "keyboard shortcuts", toggleHelp),
  editing(["Delete", "Backspace"], "delete the segment or point", removeSelected),
  editing(["Shift+S"], "split the segment at the playhead", split),
  editing(["Shift+M"], "merge with the next segment", merge),
  editing(["Shift+I"], "start the segment at this frame", (player) => endHere(player, "start")),
  editing(["Shift+O"], "end the segment with this frame", (player) => endHere(player, "stop")),
  editing(["Alt+ArrowLeft"], "start, or point, one frame earlier", (player) => nudgeSelected(player, -1, 0)),
  editing(["Alt+ArrowRight"], "start, or point, one frame later", (player) => nudgeSelected(player, 1, 0)),
  editing(["Alt+Shift+ArrowLeft"], "end one frame earlier", (player) => nudgeSelected(player, 0, -1)),
  editing(["Alt+Shift+ArrowRight"], "end one frame later", (player) => nudgeSelected(player, 0, 1)),
  editing(["Ctrl+Z"], "undo", (player) => history(player, "undo")),
  editing(["Ctrl+Shift+Z", "Ctrl+Y"], "redo", (player) => history(player, "redo")),
];
const BY_KEY = new Map(SHORTCUTS.flatMap((shortcut) => shortcut.keys.map((key) => [key, shortcut])));

/** How many frames Shift and an arrow go. @param {Player} player */
const stride = (player) => Math.max(1, Math.round(Number(player.stride.value)) || 1);

/**
 * A key with its modifiers, as in "Ctrl+Shift+Z". Shift counts for letters and named keys, not for signs.
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">} event
 */
export function combination(event) {
  const printed = event.key.length === 1;
  const letter = printed && event.key.toLowerCase() !== event.key.toUpperCase();
  const ctrl = event.ctrlKey || event.metaKey;
  const shift = event.shiftKey && (letter || !printed);
  let { key } = event;
  if (key === " ") key = "Space";
  else if (letter) key = shift || ctrl ? key.toUpperCase() : key.toLowerCase();
  return [ctrl && "Ctrl", event.altKey && "Alt", shift && "Shift", key].filter(Boolean).join("+");
}

/** The label that a key paints; undefined for other keys. @param {Player} player @param {string} key */
export function labelOfKey(player, key) {
  if (key === "0") return NOTHING;
  if (key === "Shift+U") return UNLABELLED;
  return player.data.labels[LABEL_KEYS.indexOf(key)];
}

/** Whether nothing on the page has the focus, or only the dialog that the player is in. @param {Player} player */
function isFocusFree(player) {
  const { activeElement } = document;
  if (!activeElement || activeElement === document.body) return true;
  const { host } = /** @type {Partial<ShadowRoot>} */ (player.box.getRootNode());
  return activeElement.getAttribute("role") === "dialog" && activeElement.contains(host ?? player.box);
}

/**
 * Whether the player hears a key: it has the focus, or nothing on the page has it.
 * @param {Player} player
 * @param {KeyboardEvent} event
 * @param {boolean} latest
 */
function hears(player, event, latest) {
  const [target] = event.composedPath();
  if (!event.composedPath().includes(player.box)) {
    return isFocusFree(player) && latest && player.box.isConnected;
  }
  const { tagName } = /** @type {HTMLElement} */ (target);
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(tagName)) return false;
  return !(tagName === "BUTTON" && ["Enter", " "].includes(event.key));
}

/** @param {Player} player @param {KeyboardEvent} event @param {boolean} latest whether this player was drawn last */
export function keyDown(player, event, latest) {
  if (event.defaultPrevented || !hears(player, event, latest)) return;
  const key = combination(event);
  const label = canEdit(player) ? labelOfKey(player, key) : undefined;
  if (label !== undefined) {
    if (!event.repeat) pressLabel(player, label, event.code);
  } else if (!runShortcut(player, key, event.composedPath().includes(player.box))) return;
  event.preventDefault();
  event.stopPropagation();
}

/**
 * Run what a key stands for; false where it is left to the page.
 * @param {Player} player
 * @param {string} key
 * @param {boolean} focused whether the player has the focus
 */
function runShortcut(player, key, focused) {
  const shortcut = BY_KEY.get(key);
  if (!shortcut || (shortcut.edit && !canEdit(player)) || !(focused || shortcut.far)) return false;
  return shortcut.run(player) !== false;
}

/** To the lane above or below. @param {Player} player @param {1 | -1} direction */
function changeRow(player, direction) {
  const rows = player.rows.filter((row) => row.segments.length || row.points.length || row.edits);
  const current = player.chosenRow || mainRow(player);
  const index = current ? rows.indexOf(current) : -1;
  const row = rows[Math.min(Math.max(index + direction, 0), rows.length - 1)];
  if (!row) return;
  player.chosenRow = row;
  if (row.edits) player.active = row;
  const segment = player.table && segmentAt(row, player.table.inside(player.frame));
  select(player, row, segment);
  if (!segment) announce(player, row.name || "Labels");
}

/** @param {Player} player */
function copyOrPlay(player) {
  if (copySelected(player)) return;
  const segment = selectedSegment(player);
  if (segment) seek(player, segment.start, true);
}

/**
 * Drop what is chosen or being drawn; false where there is nothing: then the key may close a dialog of the page.
 * @param {Player} player
 */
function cancel(player) {
  const { helpBox, painting, preview, loop, selected } = player;
  if (helpBox.hidden && !painting && !preview && !loop && !selected) return false;
  helpBox.hidden = true;
  player.painting = player.preview = player.gesture = null;
  if (loop) toggleLoop(player);
  select(player, null, null);
  return true;
}

/** The keys of the box with the frame number. @param {Player} player */
export function listenField(player) {
  const { field } = player;
  const reset = () => (field.value = player.table ? String(player.frame) : "");
  /** @type {Record<string, () => void>} */
  const keys = {
    Enter() {
      const frame = Number.parseInt(field.value.replace(/[^\d]/g, ""), 10);
      if (Number.isFinite(frame)) seekFrame(player, frame);
      follow(player);
      player.box.focus({ preventScroll: true });
    },
    Escape() {
      reset();
      player.box.focus({ preventScroll: true });
    },
    ArrowUp: () => stepField(player, 1),
    ArrowDown: () => stepField(player, -1),
  };
  field.onkeydown = (event) => {
    event.stopPropagation();
    keys[event.key]?.();
    if (event.key.startsWith("Arrow") && keys[event.key]) event.preventDefault();
  };
  field.onblur = reset;
  field.onfocus = () => field.select();
}

/** @param {Player} player @param {number} frames */
function stepField(player, frames) {
  step(player, frames);
  player.field.value = String(player.target ?? player.frame);
}

const SYMBOLS = new Map([
  ["ArrowLeft", "←"],
  ["ArrowRight", "→"],
  ["ArrowUp", "↑"],
  ["ArrowDown", "↓"],
  ["Backspace", "⌫"],
  ["PageUp", "Page up"],
  ["PageDown", "Page down"],
]);

/** A key as it is printed. @param {string} key */
const printed = (key) => (key === "+" ? key : key.split("+").map((part) => SYMBOLS.get(part) ?? part).join(" "));

const HELP_EDITING =
  "To paint, hold the key of a label while the clip plays or while you step through it. A short tap paints until " +
  "the next tap. If a segment is selected, the key changes its label. Drag in your lane to draw a segment; drag an " +
  "end to move it, with Shift to move only one side of a shared border. The key of a point label sets a point on this " +
  "frame; pressed again, it deletes it. Drag the diamond of a point to move it.";
const HELP_MOUSE =
  "Zoom with Ctrl and the mouse wheel, or with two fingers. Pan with Shift and the wheel, or by dragging with Alt.";

/**
 * The shortcuts that count now, each with its keys and what it does.
 * @param {Player} player
 * @returns {[string[], string][]}
 */
function shortcutsOf(player) {
  const canDraw = canEdit(player);
  /** @type {[string[], string][]} */
  const listed = SHORTCUTS.filter(({ edit }) => !edit || canDraw).map(({ keys, text }) => [keys, text]);
  if (!canDraw) return listed;
  player.data.labels.slice(0, LABEL_KEYS.length).forEach((label, index) => {
    const verb = isPoint(player, label) ? "set or delete the point" : "paint";
    listed.push([[LABEL_KEYS[index]], `${verb} “${displayName(player, label)}”`]);
  });
  return [...listed, [["0"], `paint “${IDLE}”`], [["Shift+U"], "mark as unlabelled"]];
}

/** @param {string[]} keys @param {string} text */
function helpLine(keys, text) {
  const term = document.createElement("dt");
  keys.forEach((key, index) => {
    term.append(index ? " or " : "", Object.assign(document.createElement("kbd"), { textContent: printed(key) }));
  });
  const line = document.createElement("div");
  line.append(term, Object.assign(document.createElement("dd"), { textContent: text }));
  return line;
}

/** Show or hide the list of shortcuts. @param {Player} player */
export function toggleHelp(player) {
  const { helpBox } = player;
  helpBox.hidden = !helpBox.hidden;
  if (helpBox.hidden) return player.box.focus({ preventScroll: true });
  const title = Object.assign(document.createElement("h4"), { textContent: "Keyboard shortcuts" });
  const list = document.createElement("dl");
  list.append(...shortcutsOf(player).map(([keys, text]) => helpLine(keys, text)));
  const textContent = canEdit(player) ? `${HELP_EDITING} ${HELP_MOUSE}` : HELP_MOUSE;
  const advice = Object.assign(document.createElement("p"), { textContent });
  const properties = { type: "button", className: "close", textContent: "Close" };
  const close = Object.assign(document.createElement("button"), properties);
  close.onclick = () => toggleHelp(player);
  helpBox.replaceChildren(title, list, advice, close);
  close.focus({ preventScroll: true });
}
