// Asks whether another tab or program changed the tracks of the clip since they were drawn, and has them drawn again.
/** @import { ComponentArguments } from "../common/component" */

/**
 * @typedef {{ address: string, drawn: string }} RevisionData
 * @typedef {Pick<ComponentArguments<RevisionData>, "data" | "setTriggerValue">} Arguments
 * @typedef {Arguments & { timer: number, number: number, differs: boolean, ended: boolean }} Watch
 */

export const LOOK_MS = 800;
export const AGAIN_MS = 300; // after this long an edit that was made here has been drawn

/** @type {WeakMap<HTMLElement, Watch>} */
const watches = new WeakMap();

/** The revision as it stands; "" where the server is away. @param {Watch} watch */
async function current(watch) {
  try {
    const answer = await fetch(watch.data.address);
    return answer.ok ? /** @type {{ revision: string }} */ (await answer.json()).revision : "";
  } catch {
    return "";
  }
}

/** Ask, tell the page what it has not drawn, and ask again, unless nobody looks. @param {Watch} watch */
async function look(watch) {
  clearTimeout(watch.timer);
  const number = ++watch.number;
  if (document.hidden) return;
  const revision = await current(watch);
  if (watch.ended || number !== watch.number) return;
  const before = watch.differs;
  watch.differs = revision !== "" && revision !== watch.data.drawn;
  if (watch.differs && before) {
    watch.differs = false;
    watch.setTriggerValue("changed", revision);
  }
  watch.timer = setTimeout(() => look(watch), watch.differs ? AGAIN_MS : LOOK_MS);
}

/** @param {ComponentArguments<RevisionData>} given */
export default function ({ data, parentElement, setTriggerValue }) {
  const given = { data, setTriggerValue };
  const watch = watches.get(parentElement) ?? { ...given, timer: 0, number: 0, differs: false, ended: false };
  watches.set(parentElement, watch);
  Object.assign(watch, given, { ended: false, number: watch.number + 1 }); // an answer on its way is of an earlier look
  const seen = () => look(watch);
  document.addEventListener("visibilitychange", seen);
  clearTimeout(watch.timer);
  watch.timer = setTimeout(seen, LOOK_MS);
  return () => {
    watch.ended = true;
    clearTimeout(watch.timer);
    document.removeEventListener("visibilitychange", seen);
  };
}
