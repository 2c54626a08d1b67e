// Clips with their true label, prediction and confidence. A click tells the page which one was picked.
/** @import { ComponentArguments } from "../common/component" */
import { element, lazyImage } from "../common/elements.js";

/**
 * @typedef {{ id: number, source: string, fallback: string, length: string, name: string, truth: string,
 *   truth_colour: string, prediction: string, prediction_colour: string, confidence: string, right: boolean,
 *   note: string }} Item
 * @typedef {{ items: Item[], order: string }} GalleryData
 * @typedef {Pick<ComponentArguments<GalleryData>, "setTriggerValue">} Arguments
 * @typedef {Arguments & { box: HTMLElement, order: string }} Gallery
 */

/** @type {WeakMap<HTMLElement, Gallery>} */
const galleries = new WeakMap();

/** @param {string} kind @param {string} label @param {string} colour */
function labelLine(kind, label, colour) {
  const dot = element("i", { className: "dot" });
  dot.style.background = colour;
  return element("span", { className: "line" }, element("em", {}, kind), dot, element("b", {}, label));
}

/** @param {Gallery} gallery @param {Item} item */
function card(gallery, item) {
  const length = element("span", { className: "length" }, item.length);
  const confidence = element("span", { className: "confidence" }, item.confidence);
  const shot = element("span", { className: "shot" }, lazyImage(item.source, item.fallback), length, confidence);
  const name = element("span", { className: "name" }, item.name);
  const caption = element("span", { className: "caption" }, name, labelLine("true", item.truth, item.truth_colour));
  if (!item.right) caption.append(labelLine("predicted", item.prediction, item.prediction_colour));
  if (item.note) caption.append(element("span", { className: "note" }, item.note));
  const className = item.right ? "card right" : "card wrong";
  const button = element("button", { type: "button", className, title: item.name }, shot, caption);
  const label = [`Play ${item.name}: true label ${item.truth}`, `predicted ${item.prediction}`];
  if (item.confidence) label.push(`confidence ${item.confidence}`);
  button.setAttribute("aria-label", label.join(", "));
  button.onclick = () => gallery.setTriggerValue("picked", item.id);
  return button;
}

/** @param {ComponentArguments<GalleryData>} given */
export default function ({ data, parentElement, setTriggerValue }) {
  const known = galleries.get(parentElement);
  const gallery = known ?? { box: element("div", { className: "gallery" }), order: "", setTriggerValue };
  if (!known) parentElement.append(gallery.box);
  galleries.set(parentElement, gallery);
  gallery.setTriggerValue = setTriggerValue;
  if (gallery.order === data.order) return;
  const grown = gallery.order && data.order.startsWith(gallery.order);
  const cards = data.items.slice(grown ? gallery.box.children.length : 0).map((item) => card(gallery, item));
  if (grown) gallery.box.append(...cards);
  else gallery.box.replaceChildren(...cards);
  gallery.order = data.order;
}
