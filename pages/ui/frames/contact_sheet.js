// A contact sheet: small pictures with index and time. A click shows that frame; the check box selects it.
/** @import { ComponentArguments } from "../common/component" */
import { element } from "../common/elements.js";

/**
 * @typedef {{ index: number, moment: string, source: string }} SheetFrame
 * @typedef {{ frames: SheetFrame[], order: string, ratio: string, here: number, ticked: number[] }} SheetData
 * @typedef {{ box: HTMLElement, checkbox: HTMLInputElement }} Cell
 * @typedef {Pick<ComponentArguments<SheetData>, "data" | "setStateValue" | "setTriggerValue">} Arguments
 * @typedef {Arguments & { box: HTMLElement, cells: Map<number, Cell>, order: string, selected: Set<number> }} Sheet
 */

/** @type {WeakMap<HTMLElement, Sheet>} */
const sheets = new WeakMap();

/** @param {Sheet} sheet @param {SheetFrame} frame @returns {Cell} */
function cell(sheet, { index, moment, source }) {
  const image = element("img", { loading: "lazy", alt: "", src: source });
  image.style.aspectRatio = sheet.data.ratio;
  const button = element("button", { type: "button" }, image);
  button.setAttribute("aria-label", `Show frame ${index}, at ${moment}`);
  button.onclick = () => sheet.setTriggerValue("picked", index);
  const checkbox = element("input", { type: "checkbox" });
  checkbox.setAttribute("aria-label", `Select frame ${index}`);
  checkbox.onchange = () => select(sheet, index, checkbox.checked);
  const number = element("span", { className: "index" }, String(index));
  const caption = element("label", {}, checkbox, number, element("span", { className: "moment" }, moment));
  return { box: element("div", { className: "cell" }, button, caption), checkbox };
}

/** @param {Sheet} sheet @param {number} index @param {boolean} selected */
function select(sheet, index, selected) {
  if (selected) sheet.selected.add(index);
  else sheet.selected.delete(index);
  draw(sheet);
  const sorted = [...sheet.selected].sort((left, right) => left - right);
  sheet.setStateValue("ticked", sorted);
}

/** @param {Sheet} sheet */
function draw(sheet) {
  for (const [index, { box, checkbox }] of sheet.cells) {
    checkbox.checked = sheet.selected.has(index);
    box.classList.toggle("chosen", checkbox.checked);
    box.classList.toggle("here", index === sheet.data.here);
  }
}

/** @param {HTMLElement} root @param {Arguments} given @returns {Sheet} */
function build(root, given) {
  const box = element("div", { className: "sheet" });
  root.append(box);
  return { ...given, box, cells: new Map(), order: "", selected: new Set(given.data.ticked) };
}

/** @param {ComponentArguments<SheetData>} given */
export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const given = { data, setStateValue, setTriggerValue };
  const sheet = sheets.get(parentElement) ?? build(parentElement, given);
  sheets.set(parentElement, sheet);
  Object.assign(sheet, given);
  if (sheet.order !== data.order) {
    sheet.order = data.order;
    sheet.cells = new Map(data.frames.map((frame) => [frame.index, cell(sheet, frame)]));
    sheet.box.replaceChildren(...[...sheet.cells.values()].map(({ box }) => box));
  }
  draw(sheet);
}
