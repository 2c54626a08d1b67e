import assert from "node:assert/strict";
import { test } from "node:test";
import { animate, DomEvent, mount } from "./dom.js";
import scroll, { MOST_FRAMES } from "../../pages/ui/library/scroll.js";

const DATA = { page: "library", session: "s1", awaited: ".card", count: 3 };

/** The part of the page that scrolls, `tall` pixels high in a window of 900; it scrolls as far as its content reaches. */
function page(tall) {
  const main = mount();
  main.setAttribute("data-testid", "stMain");
  const made = {
    main,
    tall,
    top: 0,
    cards(count) {
      const cards = Array.from({ length: count }, () => Object.assign(document.createElement("p"), { className: "card" }));
      main.replaceChildren(...cards);
    },
    scrollTo(top) {
      main.scrollTop = top;
      main.dispatchEvent(new DomEvent("scroll"));
    },
  };
  const set = (top) => {
    made.top = Math.min(top, made.tall - 900);
  };
  Object.defineProperties(main, {
    scrollHeight: { get: () => made.tall },
    clientHeight: { value: 900 },
    scrollTop: { get: () => made.top, set },
  });
  return made;
}

/** Come to the page, scroll to 1000 and leave it. */
function left(data = {}) {
  const before = page(3000);
  before.cards(3);
  const leave = scroll({ data: { ...DATA, ...data }, parentElement: mount() });
  before.scrollTo(1000);
  leave();
  before.scrollTo(0);
  document.body.replaceChildren();
}

const come = (data = {}) => scroll({ data: { ...DATA, ...data }, parentElement: mount() });

test("who comes back is taken to where they were, once the content stands", () => {
  left();
  const back = page(1200);
  const leave = come();
  animate();
  assert.equal(back.top, 0, "the content is not there");
  back.tall = 3000;
  back.cards(2);
  animate();
  assert.equal(back.top, 0, "a card is missing");
  back.cards(3);
  animate();
  assert.equal(back.top, 1000);
  back.scrollTo(1500);
  animate();
  assert.equal(back.top, 1500, "once, and no more");
  leave();
});

test("a run of the page again moves nothing", () => {
  left();
  const [back, root] = [page(3000), mount()];
  back.cards(3);
  scroll({ data: DATA, parentElement: root })();
  back.scrollTo(200);
  const leave = scroll({ data: DATA, parentElement: root });
  animate();
  assert.equal(back.top, 200);
  leave();
});

for (const name of ["wheel", "touchmove", "pointerdown", "keydown"])
  test(`a person who scrolls meanwhile (${name}) stays where they are`, () => {
    left();
    const back = page(1200);
    const leave = come();
    window.dispatchEvent(new DomEvent(name));
    back.scrollTo(100);
    back.tall = 3000;
    back.cards(3);
    animate();
    assert.equal(back.top, 100);
    leave();
  });

test("a new session begins at the top, and so does another page", () => {
  left();
  const back = page(3000);
  back.cards(3);
  come({ session: "s2" })();
  come({ page: "frames" })();
  animate();
  assert.equal(back.top, 0);
});

test("what the browser does while the content goes for that of another page is not noted", () => {
  left();
  const now = page(3000);
  now.cards(3);
  const leave = come();
  animate();
  now.cards(0);
  now.scrollTo(0);
  leave();
  const back = page(3000);
  now.main.remove();
  back.cards(3);
  come()();
  assert.equal(back.top, 1000);
});

test("content that never comes is not awaited for ever, and what is kept may be damaged", () => {
  left();
  const back = page(1500);
  const leave = come();
  for (let frame = 0; frame <= MOST_FRAMES; frame += 1) animate();
  assert.equal(back.top, 600, "as far as there is something");
  back.tall = 3000;
  animate();
  assert.equal(back.top, 600);
  leave();
  sessionStorage.setItem("kinetoscope.scroll.library", "{no JSON");
  come()();
  assert.equal(back.top, 600);
});
