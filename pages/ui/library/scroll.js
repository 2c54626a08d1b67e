// Takes a person who comes back to the page to where they had scrolled in the same session, once its content stands.
/** @import { ComponentArguments } from "../common/component" */

/**
 * awaited: a selector of the content, of which `count` elements make the page as tall as it was.
 * @typedef {{ page: string, session: string, awaited: string, count: number }} ScrollData
 * @typedef {{ data: ScrollData, main: HTMLElement, path: string, goal: number, frames: number }} Scroll
 */

export const MOST_FRAMES = 600; // for which content is awaited: ten seconds on most screens
const BY_HAND = ["wheel", "touchmove", "pointerdown", "keydown"];

/** @type {WeakMap<HTMLElement, Scroll>} */
const scrolls = new WeakMap();

/** @param {ScrollData} data */
const keyOf = (data) => `kinetoscope.scroll.${data.page}`;

/** Where the page was left in this session; 0 where it was not. @param {ScrollData} data @returns {number} */
function leftAt(data) {
  try {
    const { session, top } = JSON.parse(sessionStorage.getItem(keyOf(data)) ?? "{}");
    return session === data.session && Number.isFinite(top) ? top : 0;
  } catch {
    return 0;
  }
}

/** Note the place, unless another page is on its way, whose content may be shorter. @param {Scroll} scroll */
function note({ data, main, path, goal }) {
  if (goal || window.location.pathname !== path) return;
  try {
    sessionStorage.setItem(keyOf(data), JSON.stringify({ session: data.session, top: main.scrollTop }));
  } catch {
    // a browser that keeps nothing
  }
}

/** Go there as soon as the content stands, unless a person scrolls before. @param {Scroll} scroll */
function goThere(scroll) {
  const { data, main, goal } = scroll;
  if (!goal || !main.isConnected) return;
  const stands = document.querySelectorAll(data.awaited).length >= data.count && main.scrollHeight - main.clientHeight >= goal;
  if (stands || ++scroll.frames > MOST_FRAMES) {
    main.scrollTop = goal;
    scroll.goal = 0;
  } else requestAnimationFrame(() => goThere(scroll));
}

/** @param {ComponentArguments<ScrollData>} given */
export default function ({ data, parentElement }) {
  const main = /** @type {HTMLElement | null} */ (document.querySelector("[data-testid=stMain]"));
  if (!main) return;
  const known = scrolls.get(parentElement);
  const scroll = known ?? { data, main, path: window.location.pathname, goal: leftAt(data), frames: 0 };
  scrolls.set(parentElement, Object.assign(scroll, { data, main }));
  if (!known) goThere(scroll);
  const noted = () => note(scroll);
  const byHand = () => (scroll.goal = 0);
  main.addEventListener("scroll", noted, { passive: true });
  for (const name of BY_HAND) window.addEventListener(name, byHand, { capture: true, passive: true });
  return () => {
    main.removeEventListener("scroll", noted);
    for (const name of BY_HAND) window.removeEventListener(name, byHand, { capture: true });
  };
}
