// Moments that a search returned. A click tells the page which one was picked.
/** @import { ComponentArguments } from "../common/component" */
import { element, lazyImage } from "../common/elements.js";

/**
 * @typedef {{ id: number, source: string, fallback: string, when: string, name: string, why: string, score: string,
 *   fit: string }} Item
 * @typedef {{ items: Item[], order: string }} MomentsData
 * @typedef {Pick<ComponentArguments<MomentsData>, "setTriggerValue">} Arguments
 * @typedef {Arguments & { box: HTMLElement, order: string }} Moments
 */

/** @type {WeakMap<HTMLElement, Moments>} */
const lists = new WeakMap();

/** @param {Moments} moments @param {Item} item */
function card(moments, item) {
  const when = element("span", { className: "when" }, item.when);
  const shot = element("span", { className: "shot" }, lazyImage(item.source, item.fallback), when);
  const bar = element("span", { className: "bar" }, element("b", {}, item.score));
  bar.style.setProperty("--fit", item.fit);
  const name = element("span", { className: "name" }, item.name);
  const caption = element("span", { className: "caption" }, bar, name, element("span", { className: "why" }, item.why));
  const title = `${item.name}, ${item.when}: ${item.why}, score ${item.score}`;
  const button = element("button", { type: "button", className: "card", title }, shot, caption);
  button.setAttribute("aria-label", `Play ${title}`);
  button.onclick = () => moments.setTriggerValue("picked", item.id);
  return button;
}

/** @param {ComponentArguments<MomentsData>} given */
export default function ({ data, parentElement, setTriggerValue }) {
  const known = lists.get(parentElement);
  const moments = known ?? { box: element("div", { className: "moments" }), order: "", setTriggerValue };
  if (!known) parentElement.append(moments.box);
  lists.set(parentElement, moments);
  moments.setTriggerValue = setTriggerValue;
  if (moments.order === data.order) return;
  moments.box.replaceChildren(...data.items.map((item) => card(moments, item)));
  moments.order = data.order;
}
