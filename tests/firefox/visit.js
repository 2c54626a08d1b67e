// What a person does in Firefox, driven over WebDriver BiDi. Reads a task as JSON from the first argument and prints
// what it saw as JSON: {"kind": "walk", ...} from an empty library to a label on the timeline, {"kind": "seeks", ...}
// the frames that the player shows.

import process from "node:process";

import puppeteer from "puppeteer-core";

const PATIENCE_MS = 300000;

/**
 * The element, once it is there. It is asked for again and again from here: what waits inside a page (waitForSelector)
 * hangs where the page's document changes meanwhile.
 * @param {import("puppeteer-core").Page} page @param {string} selector
 */
async function elementOf(page, selector) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
        const there = await page.$(selector).catch(() => null);
        if (there) return there;
        if (Date.now() > end) throw new Error(`There is no ${selector}.`);
        await new Promise((next) => setTimeout(next, 200));
    }
}

/** @param {import("puppeteer-core").Page} page @param {string} text */
async function press(page, text) {
    const button = await page.waitForSelector(`::-p-xpath(//button[contains(., "${text}")])`, {
        timeout: PATIENCE_MS, visible: true,
    });
    await button?.click();
}

/** @param {import("puppeteer-core").Page} page @param {{url: string, picture: string}} task */
async function walk(page, task) {
    const start = Date.now();
    await page.goto(task.url);
    await press(page, "Add the sample clip");
    await page.waitForSelector(".k-name", { timeout: PATIENCE_MS });
    await press(page, "Timeline");
    await press(page, "Analyse the clip");
    await page.waitForSelector(">>> .player button.segment", { timeout: PATIENCE_MS });
    const seconds = (Date.now() - start) / 1000;
    const labels = [];
    for (const segment of await page.$$(">>> .player button.segment")) {
        labels.push(await segment.evaluate((element) => element.title));
    }
    const headline = await page.$eval(".k-headline", (element) => element.textContent);
    await page.screenshot({ path: /** @type {`${string}.png`} */ (task.picture) });
    return { labels, headline, seconds };
}

/**
 * @param {import("puppeteer-core").Page} page
 * @param {{url: string, visit: string, clips: Record<string, {address: string, frames: number[]}>}} task
 */
async function seeks(page, task) {
    /** @type {Record<string, number[]>} */
    const shown = {};
    for (const [rate, clip] of Object.entries(task.clips)) {
        await page.goto(task.url + clip.address);
        const player = await elementOf(page, ">>> .player[data-settled=yes]");
        shown[rate] = [];
        for (const frame of clip.frames) {
            shown[rate].push(await page.evaluate(
                (element, number, visit) => new Function(`return ${visit}`)()(element, number),
                player, frame, task.visit));
        }
    }
    return shown;
}

const task = JSON.parse(process.argv[2] ?? "");
const browser = await puppeteer.launch({
    browser: "firefox", executablePath: task.firefox, headless: true, args: ["--width=1440", "--height=900"],
    extraPrefsFirefox: { "media.autoplay.default": 0 },
});
try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1440, height: 900 });
    const seen = task.kind === "walk" ? await walk(page, task) : await seeks(page, task);
    process.stdout.write(JSON.stringify(seen));
} finally {
    await browser.close();
}
