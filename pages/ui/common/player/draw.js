// Layout of the lanes; ruler, overview and playhead; the segments in view as buttons.
/** @import { Player, Row, Segment } from "./types" */
import { surface, themeOf } from "./canvas.js";
import { selectAndGo } from "./edit.js";
import { drawLanes, drawRow } from "./lanes.js";
import { buttonsOfPoints, countVisible } from "./points/point_drawing.js";
import { selectPointAndGo } from "./points/point_edits.js";
import { firstEndingAfter } from "./rows.js";
import { clock, percent, tickStep } from "./formatting.js";

/** @typedef {CanvasRenderingContext2D} Context */

const STEPS_FRAMES = [1, 2, 5, 10, 20, 50];
const MOST_BUTTONS = 200; // no more labels in view than this become buttons, for keyboards and screen readers
const NARROW_PX = 520;
const LONG_S = 300; // a longer clip always has its overview
const BUTTONS_MS = 180; // after the last drawing, until the buttons are made

/** Lanes lie below each other; where the player is narrow each has its name above it. @param {Player} player */
export function layOut(player) {
  const named = player.rows.some((row) => row.name);
  const narrow = player.lane.offsetWidth < NARROW_PX;
  const above = named && narrow ? 18 : 0;
  let top = 0;
  for (const row of player.rows) {
    row.top = top + above;
    row.height = row.curves.length ? 58 : player.rows.length > 1 ? 32 : 42;
    top = row.top + row.height + 1;
  }
  player.box.classList.toggle("narrow", narrow);
  player.height = Math.max(top, 20);
  player.lane.style.height = `${player.height}px`;
  player.box.style.setProperty("--lanes", `${player.height}px`);
  player.width = player.lane.clientWidth || 600;
}

/** @param {Player} player */
function drawRuler(player) {
  const ctx = surface(player.ruler, player.width, 22);
  const { view, width, table } = player;
  const scale = width / (view.to - view.from);
  const { text, font } = themeOf(player);
  ctx.font = `12px ${font}`;
  ctx.fillStyle = text;
  const frameWidth = table ? (scale * table.starts[table.count]) / table.count : 0;
  if (frameWidth > 14) return drawFrameNumbers(player, ctx, frameWidth);
  const step = tickStep(view.to - view.from, width);
  const decimals = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  for (let tick = Math.ceil(view.from / step - 1e-9); tick * step <= view.to; tick += 1)
    drawTick(ctx, (tick * step - view.from) * scale, clock(tick * step, decimals), width);
}

/** @param {Player} player @param {Context} ctx @param {number} frameWidth the average, in pixels */
function drawFrameNumbers(player, ctx, frameWidth) {
  const { view, width, table } = player;
  if (!table) return;
  const step = STEPS_FRAMES.find((frames) => frames * frameWidth > 72) || 50;
  const first = table.at(view.from);
  for (let i = Math.ceil(first / step) * step; i < table.count && table.starts[i] <= view.to; i += step)
    drawTick(ctx, ((table.starts[i] - view.from) * width) / (view.to - view.from), `frame ${i}`, width);
}

/** @param {Context} ctx @param {number} x @param {string} text @param {number} width of the ruler */
function drawTick(ctx, x, text, width) {
  ctx.globalAlpha = 0.4;
  ctx.fillRect(x, 16, 1, 6);
  ctx.globalAlpha = 0.82;
  const half = ctx.measureText(text).width / 2;
  ctx.fillText(text, Math.min(Math.max(x - half, 1), width - 2 * half - 1), 12);
  ctx.globalAlpha = 1;
}

/** The whole clip in small, with a frame around what the lanes show. @param {Player} player */
function drawOverview(player) {
  const { duration_s: end } = player.data;
  const zoomed = player.view.to - player.view.from < 0.999 * end;
  player.overview.hidden = !(zoomed || end > LONG_S);
  if (player.overview.hidden) return;
  drawOverviewLanes(player);
  const left = (player.view.from / end) * player.width;
  player.overviewWindow.style.transform = `translateX(${left}px)`;
  player.overviewWindow.style.width = `${Math.max(((player.view.to - player.view.from) / end) * player.width, 8)}px`;
}

/** They are drawn again only where labels, width or theme changed. @param {Player} player */
function drawOverviewLanes(player) {
  const height = Math.min(12 + 5 * player.rows.length, 40);
  player.stage.style.setProperty("--strip", `${height + 8}px`);
  const { border, secondary } = themeOf(player);
  const key = `${player.version}|${player.width}|${border}|${secondary}`;
  if (player.overviewKey === key) return;
  player.overviewKey = key;
  const ctx = surface(player.overviewLanes, player.width, height);
  const rowHeight = (height - 4) / player.rows.length;
  player.overviewLanes.style.height = `${height}px`;
  const window = { from: 0, to: player.data.duration_s, width: player.width };
  player.rows.forEach((row, index) => {
    const area = { top: 2 + index * rowHeight, height: Math.max(rowHeight - 1, 2), text: false };
    drawRow(player, ctx, row, area, window);
  });
}

/** Draw with the next animation frame, once however often this is called. @param {Player} player */
export function redraw(player) {
  if (player.animation) return;
  player.animation = requestAnimationFrame(() => {
    player.animation = 0;
    drawAll(player);
  });
}

/** @param {Player} player */
function drawAll(player) {
  drawLanes(player);
  drawRuler(player);
  drawOverview(player);
  drawPlayhead(player);
  player.drawn += 1;
  player.buttons.classList.add("moving");
  clearTimeout(player.buttonTimer);
  player.buttonTimer = setTimeout(() => drawButtons(player), BUTTONS_MS);
}

/** @param {Player} player */
export function drawPlayhead(player) {
  const share = (player.moment - player.view.from) / (player.view.to - player.view.from);
  player.playhead.style.transform = `translateX(${share * player.width}px)`;
  player.playhead.style.visibility = share < -0.001 || share > 1.001 ? "hidden" : "visible";
  const position = (player.moment / player.data.duration_s) * player.width;
  player.overviewPlayhead.style.transform = `translateX(${position}px)`;
}

/** A segment in words. @param {Player} player @param {Segment} segment */
export function describe(player, segment) {
  const confidence = segment.confidence === null ? "" : `, confidence ${percent(segment.confidence)}`;
  const { label } = player.data.palette[segment.label];
  return `${label}, ${clock(segment.start, 1)} to ${clock(segment.stop, 1)}${confidence}`;
}

/**
 * Where few segments are in view each is a button, so that keyboards and screen readers reach it.
 * @param {Player} player
 */
export function drawButtons(player) {
  const { view, rows } = player;
  const visible = rows.map((row) => {
    const first = firstEndingAfter(row.segments, view.from);
    let stop = first;
    while (stop < row.segments.length && row.segments[stop].start < view.to && stop - first <= MOST_BUTTONS) stop += 1;
    return row.segments.slice(first, stop);
  });
  player.buttons.classList.remove("moving");
  const root = /** @type {ShadowRoot | Document} */ (player.buttons.getRootNode());
  const focused = /** @type {HTMLElement | null} */ (root.activeElement)?.title;
  const points = rows.reduce((sum, row) => sum + countVisible(player, row), 0);
  const count = visible.reduce((sum, segments) => sum + segments.length, points);
  if (count > MOST_BUTTONS) return player.buttons.replaceChildren();
  player.buttons.replaceChildren(...rows.map((row, index) => rowOfButtons(player, row, visible[index])));
  if (!focused) return;
  const buttons = [...player.buttons.querySelectorAll("button")];
  buttons.find((button) => button.title === focused)?.focus({ preventScroll: true });
}

/** @param {Player} player @param {Row} row @param {Segment[]} segments */
function rowOfButtons(player, row, segments) {
  const group = Object.assign(document.createElement("div"), { className: "row", role: "group" });
  group.setAttribute("aria-label", row.name || "Labels");
  const scale = player.width / (player.view.to - player.view.from);
  for (const segment of segments) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "segment" });
    button.title = describe(player, segment);
    button.textContent = player.data.palette[segment.label].label;
    button.setAttribute("aria-label", `${row.edits ? "Select" : "Play"} ${button.title}`);
    const left = Math.max((segment.start - player.view.from) * scale, 0);
    const width = Math.max(Math.min((segment.stop - player.view.from) * scale, player.width) - left, 3);
    button.style.cssText = `left:${left}px;top:${row.top}px;width:${width}px;height:${row.height}px`;
    button.onclick = (event) => {
      if (event.detail === 0) selectAndGo(player, row, segment); // by keyboard; the mouse is the lane's
    };
    group.append(button);
  }
  group.append(...buttonsOfPoints(player, row, (point) => selectPointAndGo(player, row, point)));
  return group;
}

/** Mark the lane that keys paint into. @param {Player} player */
export function drawActive(player) {
  const editable = player.rows.some((row) => row.edits) && player.data.labels.length > 0;
  for (const name of player.names.children)
    name.classList.toggle("active", editable && /** @type {HTMLElement} */ (name).dataset.row === player.active?.name);
}

/** @param {Player} player */
function drawNames(player) {
  player.names.hidden = !player.rows.some((row) => row.name);
  const longest = Math.max(...player.rows.map((row) => row.name.length), 0);
  const most = Math.max(9, player.box.clientWidth / 100);
  player.names.style.width = `${Math.min(Math.max(0.5 * longest + 1, 3), most)}rem`;
  const several = player.rows.filter((row) => row.edits).length > 1;
  player.names.replaceChildren(...player.rows.map((row) => nameOf(player, row, row.edits && several)));
  drawActive(player);
}

/** @param {Player} player @param {Row} row @param {boolean} selectable */
function nameOf(player, row, selectable) {
  const name = document.createElement(selectable ? "button" : "span");
  name.textContent = name.title = row.name;
  name.dataset.row = row.name;
  if (selectable)
    name.onclick = () => {
      player.active = player.chosenRow = row;
      drawActive(player);
    };
  const narrow = player.box.classList.contains("narrow");
  name.style.cssText = narrow ? `top:${row.top - 18}px` : `top:${row.top}px;height:${row.height}px`;
  return name;
}

/** Lay the lanes out again, for a new width or new rows. @param {Player} player */
export function resize(player) {
  layOut(player);
  drawNames(player);
  redraw(player);
}
