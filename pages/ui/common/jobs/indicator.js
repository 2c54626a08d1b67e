// The jobs in the header of every page: a button that says what runs, and the list that it opens.
/** @import { ComponentArguments } from "../component" */
import { element } from "../elements.js";

/**
 * @typedef {"cancel" | "repeat" | "open"} Action
 * @typedef {{ name: string, title: string, where: string, state: string, label: string, detail: string,
 *   fraction: number | null, actions: Partial<Record<Action, string>>, ended: number, page: string, video: string }} Job
 * @typedef {{ title: string, share: string, fraction: number | null, left: string, others: string }} Summary
 * @typedef {{ active: number, summary: Partial<Summary>, rows: Job[] }} Listing
 * @typedef {{ address: string, page: string, video: string, run: string }} IndicatorData
 * @typedef {{ box: HTMLElement, title: HTMLElement, label: HTMLElement, where: HTMLElement, bar: HTMLElement,
 *   fill: HTMLElement, detail: HTMLElement, buttons: Record<Action, HTMLButtonElement> }} Row
 * @typedef {Pick<ComponentArguments<IndicatorData>, "data" | "setTriggerValue">} Arguments
 * @typedef {Arguments & { button: HTMLButtonElement, panel: HTMLElement, all: HTMLButtonElement, list: HTMLElement,
 *   empty: HTMLElement, rows: Map<string, Row>, listing: Listing, seen: Set<string>, sent: number, answered: number,
 *   timer: number, silent: boolean }} Indicator
 */

export const ACTIVE_MS = 1000;
export const IDLE_MS = 5000;
const SEEN = "kinetoscope.jobs.seen";
const MOST_SEEN = 200;
const ACTIONS = /** @type {Action[]} */ (["open", "repeat", "cancel"]);

/** @type {WeakMap<HTMLElement, Indicator>} */
const indicators = new WeakMap();

/** What this browser has shown of jobs that ended, in all tabs. @returns {Set<string>} */
function seenBefore() {
  try {
    return new Set(JSON.parse(localStorage.getItem(SEEN) ?? "[]"));
  } catch {
    return new Set();
  }
}

/** @param {Job} job */
const ending = (job) => `${job.name}@${job.ended}`;

/** Remember that these endings were seen. @param {Indicator} indicator @param {Job[]} jobs */
function see(indicator, jobs) {
  const fresh = jobs.filter((job) => job.ended && !indicator.seen.has(ending(job)));
  if (!fresh.length) return;
  indicator.seen = new Set([...seenBefore(), ...fresh.map(ending)]);
  try {
    localStorage.setItem(SEEN, JSON.stringify([...indicator.seen].slice(-MOST_SEEN)));
  } catch {
    // a browser that keeps nothing: it is remembered until the page is closed
  }
}

/** Ask for the jobs, or for a change of them, and show the answer. @param {Indicator} indicator @param {string} [change] */
async function refresh(indicator, change) {
  clearTimeout(indicator.timer);
  const number = ++indicator.sent;
  try {
    const options = change ? { method: "POST", headers: { "X-Kinetoscope": "jobs" } } : {};
    const answer = await fetch(`${indicator.data.address}${change ?? ""}`, options);
    if (!answer.ok) throw new Error(answer.statusText);
    const listing = /** @type {Listing} */ (await answer.json());
    if (number > indicator.answered) {
      indicator.answered = number;
      indicator.listing = listing;
      draw(indicator);
    }
  } catch {
    // the server is being restarted: what was known stays, and it is asked again
  }
  if (number === indicator.sent) wait(indicator);
}

/** Ask again after a while, unless nobody looks. @param {Indicator} indicator */
function wait(indicator) {
  clearTimeout(indicator.timer);
  if (indicator.silent || document.hidden) return;
  indicator.timer = setTimeout(() => refresh(indicator), indicator.listing.active ? ACTIVE_MS : IDLE_MS);
}

/** @param {Indicator} indicator @param {Action} action @param {string} name */
async function act(indicator, action, name) {
  if (action === "open") {
    indicator.panel.hidePopover?.();
    indicator.setTriggerValue("open", name);
    return;
  }
  await refresh(indicator, `/${action}?name=${encodeURIComponent(name)}`);
  if (action === "repeat") indicator.setTriggerValue("repeated", name);
}

/** @param {Indicator} indicator @param {string} name @returns {Row} */
function makeRow(indicator, name) {
  const [title, label] = [element("strong", {}), element("span", { className: "label" })];
  const [where, detail] = [element("p", { className: "where" }), element("p", { className: "detail" })];
  const fill = element("i", {});
  const bar = element("div", { className: "bar" }, fill);
  const buttons = /** @type {Record<Action, HTMLButtonElement>} */ ({});
  for (const action of ACTIONS) {
    buttons[action] = element("button", { type: "button", onclick: () => act(indicator, action, name) });
  }
  const head = element("div", { className: "head" }, title, label);
  const foot = element("div", { className: "actions" }, ...ACTIONS.map((action) => buttons[action]));
  return { box: element("li", {}, head, where, bar, detail, foot), title, label, where, bar, fill, detail, buttons };
}

/** @param {Row} row @param {Job} job */
function drawRow(row, job) {
  row.box.dataset.state = job.state;
  row.title.textContent = job.title;
  row.label.textContent = job.label;
  row.where.textContent = job.where;
  row.detail.textContent = job.detail;
  row.bar.hidden = job.state !== "running";
  row.bar.classList.toggle("unknown", job.fraction === null);
  row.fill.style.width = `${100 * (job.fraction ?? 0)}%`;
  for (const action of ACTIONS) {
    const text = job.actions[action];
    const button = row.buttons[action];
    button.hidden = !text;
    button.disabled = text === "Stopping…";
    button.textContent = text ?? "";
    button.setAttribute("aria-label", `${text}: ${job.title}`);
  }
}

/** The rows stay the same elements, so that no press falls between two of them. @param {Indicator} indicator */
function drawList(indicator) {
  const { listing, rows, list } = indicator;
  const jobs = indicator.panel.dataset.open ? listing.rows : [];
  const names = new Set(jobs.map((job) => job.name));
  for (const [name, row] of rows) {
    if (!names.has(name)) {
      row.box.remove();
      rows.delete(name);
    }
  }
  jobs.forEach((job, index) => {
    const row = rows.get(job.name) ?? makeRow(indicator, job.name);
    rows.set(job.name, row);
    drawRow(row, job);
    if (list.children[index] !== row.box) list.insertBefore(row.box, list.children[index] ?? null);
  });
  indicator.empty.hidden = listing.rows.length > 0;
  indicator.all.hidden = listing.active < 2;
}

/** How many jobs ended unseen, in words; failures come first. @param {Indicator} indicator */
function news(indicator) {
  const unseen = indicator.listing.rows.filter((job) => job.ended && !indicator.seen.has(ending(job)));
  const failed = unseen.filter((job) => job.state === "failed" || job.state === "lost").length;
  const done = unseen.filter((job) => job.state === "done").length;
  return { failed, text: failed ? `${failed} failed` : done ? `${done} done` : "" };
}

/** @param {Indicator} indicator */
function draw(indicator) {
  const { listing, data, button } = indicator;
  indicator.seen = new Set([...indicator.seen, ...seenBefore()]);
  const here = listing.rows.filter((job) => job.page === data.page && (!job.video || job.video === data.video));
  if (indicator.panel.dataset.open) see(indicator, listing.rows);
  else if (!document.hidden) see(indicator, here);
  const { failed, text } = news(indicator);
  const { title = "Jobs", share = "", left = "", others = "", fraction = null } = listing.summary;
  const ring = element("span", { className: "ring" });
  ring.style.setProperty("--share", `${Math.round(100 * (fraction ?? 0.25))}%`);
  ring.classList.toggle("unknown", fraction === null);
  const facts = /** @type {[string, string][]} */ ([["share", share], ["left", left], ["others", others], ["news", text]]);
  const shown = facts.filter(([, fact]) => fact);
  button.replaceChildren(ring, element("span", { className: "title" }, title));
  button.append(...shown.map(([className, fact]) => element("span", { className }, fact)));
  button.className = listing.active ? "active" : "idle";
  button.classList.toggle("failed", failed > 0);
  const words = [listing.active ? `Jobs: ${title}` : title, ...shown.map(([, fact]) => fact)];
  button.setAttribute("aria-label", words.join(", "));
  button.title = words.join(" · ");
  drawList(indicator);
}

/** @param {HTMLElement} root @param {Arguments} given @returns {Indicator} */
function build(root, given) {
  const button = element("button", { type: "button", className: "idle" });
  const all = element("button", { type: "button", className: "all", hidden: true }, "Cancel all");
  const empty = element("p", { className: "empty" });
  empty.textContent = "Nothing runs. Analyses, training and exports are listed here while they run, and for a day.";
  const list = element("ul", {});
  const head = element("div", { className: "top" }, element("h2", {}, "Jobs"), all);
  const panel = element("div", { className: "panel", popover: "auto" }, head, empty, list);
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", "Jobs");
  root.append(element("div", { className: "jobs" }, button, panel));
  const made = { button, panel, all, list, empty, rows: new Map(), seen: seenBefore(), sent: 0, answered: 0, timer: 0 };
  const listing = { active: 0, summary: {}, rows: [] };
  const indicator = { ...given, ...made, listing, silent: false };
  button.popoverTargetElement = panel;
  all.onclick = () => refresh(indicator, "/cancel-all");
  panel.addEventListener("toggle", (event) => {
    panel.dataset.open = /** @type {ToggleEvent} */ (event).newState === "open" ? "yes" : "";
    draw(indicator);
    refresh(indicator);
  });
  draw(indicator);
  return indicator;
}

/** @param {ComponentArguments<IndicatorData>} given */
export default function ({ data, parentElement, setTriggerValue }) {
  const given = { data, setTriggerValue };
  const indicator = indicators.get(parentElement) ?? build(parentElement, given);
  indicators.set(parentElement, indicator);
  Object.assign(indicator, given, { silent: false });
  const look = () => refresh(indicator);
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    indicator.silent = true;
    clearTimeout(indicator.timer);
    document.removeEventListener("visibilitychange", look);
  };
}
