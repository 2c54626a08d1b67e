// The rectangle of a crop, in per cent of the picture: how it is drawn, moved and resized. No elements here.

/** @typedef {{ left: number, top: number, right: number, bottom: number }} CropBox */
/**
 * The grid that sides lie on, and the least width and height, all in per cent.
 * @typedef {{ step: number, width: number, height: number }} CropLimits
 */
/** @typedef {{ x: number, y: number }} Point in per cent of the picture */

export const WHOLE = { left: 0, top: 0, right: 100, bottom: 100 };

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.min(high, Math.max(low, value));

/** @param {number} value @param {CropLimits} limits */
const onGrid = (value, { step }) => Number((Math.round(value / step) * step).toFixed(6));

/** Whether nothing is cut off. @param {CropBox} box */
export const isWhole = ({ left, top, right, bottom }) => left <= 0 && top <= 0 && right >= 100 && bottom >= 100;

/**
 * The rectangle moved as a whole, as far as the picture goes.
 * @param {CropBox} box @param {Point} by @param {CropLimits} limits @returns {CropBox}
 */
export function moved({ left, top, right, bottom }, by, limits) {
  const x = within(onGrid(by.x, limits), -left, 100 - right);
  const y = within(onGrid(by.y, limits), -top, 100 - bottom);
  const sides = { left: left + x, top: top + y, right: right + x, bottom: bottom + y };
  return /** @type {CropBox} */ (rounded(sides));
}

/** Without the rests of binary fractions. @param {Record<string, number>} sides */
function rounded(sides) {
  return Object.fromEntries(Object.entries(sides).map(([side, value]) => [side, Number(value.toFixed(6))]));
}

/**
 * The rectangle with some of its sides at a point, inside the picture and never nearer to the opposite ones than the
 * limits allow.
 * @param {CropBox} box
 * @param {string} sides which: "n", "e", "s", "w", or a corner such as "nw"
 * @param {Point} point
 * @param {CropLimits} limits
 * @returns {CropBox}
 */
export function resized(box, sides, point, limits) {
  const result = { ...box };
  const [x, y] = [onGrid(point.x, limits), onGrid(point.y, limits)];
  if (sides.includes("w")) result.left = within(x, 0, Math.max(0, box.right - limits.width));
  if (sides.includes("e")) result.right = within(x, Math.min(100, box.left + limits.width), 100);
  if (sides.includes("n")) result.top = within(y, 0, Math.max(0, box.bottom - limits.height));
  if (sides.includes("s")) result.bottom = within(y, Math.min(100, box.top + limits.height), 100);
  return /** @type {CropBox} */ (rounded(result));
}

/**
 * A new rectangle between two points, at least as large as the limits ask.
 * @param {Point} from @param {Point} to @param {CropLimits} limits @returns {CropBox}
 */
export function drawn(from, to, limits) {
  const [left, right] = stretch(from.x, to.x, limits.width, limits);
  const [top, bottom] = stretch(from.y, to.y, limits.height, limits);
  return { left, top, right, bottom };
}

/**
 * Both ends of a side, at least so far apart, towards where the pointer went.
 * @param {number} from @param {number} to @param {number} least @param {CropLimits} limits
 */
function stretch(from, to, least, limits) {
  const [first, last] = [from, to].map((end) => within(onGrid(end, limits), 0, 100));
  const [low, high] = [Math.min(first, last), Math.max(first, last)];
  if (high - low >= least) return [low, high];
  const begin = last < first ? Math.max(0, high - least) : Math.min(low, 100 - least);
  return [Number(begin.toFixed(6)), Number((begin + least).toFixed(6))];
}

/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: -1 }, ArrowDown: { x: 0, y: 1 } };

/**
 * What an arrow key makes of the rectangle: with sides it moves these, else the whole; null for other keys.
 * @param {CropBox} box @param {string} sides @param {string} key @param {number} stride in per cent
 * @param {CropLimits} limits @returns {CropBox | null}
 */
export function nudged(box, sides, key, stride, limits) {
  const arrow = ARROWS[key];
  if (!arrow) return null;
  const by = { x: arrow.x * stride, y: arrow.y * stride };
  if (!sides) return moved(box, by, limits);
  const x = (sides.includes("w") ? box.left : box.right) + by.x;
  const y = (sides.includes("n") ? box.top : box.bottom) + by.y;
  return resized(box, sides, { x, y }, limits);
}
