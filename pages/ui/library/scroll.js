// Takes a person who comes back to the page to where they had scrolled in the same session, once its content stands.
/** @import { ComponentArguments } from "../common/component" */

/**
 * awaited: a selector of the content, of which `count` elements make the page as tall as it was.
 * @typedef {{ page: string, session: string, awaited: string, count: number }} ScrollData
 * @typedef {{ data: ScrollData, main: HTMLElement, goal: number, frames: number }} Scroll
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

/** Whether all of the content is there. @param {ScrollData} data */
const stands = (data) => document.querySelectorAll(data.awaited).length >= data.count;

/** Note where the page is; while its content goes for that of another page, the browser moves it. @param {Scroll} scroll */
function note({ data, main, goal }) {
  if (goal || !stands(data)) return;
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
  const reached = stands(data) && main.scrollHeight - main.clientHeight >= goal;
  if (reached || ++scroll.frames > MOST_FRAMES) {
    main.scrollTop = goal;
    scroll.goal = 0;
  } else requestAnimationFrame(() => goThere(scroll));
}

/** @param {ComponentArguments<ScrollData>} given */
export default function ({ data, parentElement }) {
  const main = /** @type {HTMLElement | null} */ (document.querySelector("[data-testid=stMain]"));
  if (!main) return;
  const known = scrolls.get(parentElement);
  const scroll = known ?? { data, main, goal: leftAt(data), frames: 0 };
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
