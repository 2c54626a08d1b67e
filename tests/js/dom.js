// A page without a browser: happy-dom's elements, canvases that note what is drawn, animation frames at command.
import { beforeEach } from "node:test";
import { Window } from "happy-dom";

const window = new Window({ width: 1440, height: 900 });
const NAMES = [
  "document", "localStorage", "sessionStorage", "ImageData", "KeyboardEvent", "PointerEvent", "MouseEvent",
  "WheelEvent",
];
for (const name of NAMES) globalThis[name] = window[name];
globalThis.window = globalThis;
globalThis.getComputedStyle = window.getComputedStyle.bind(window);
globalThis.addEventListener = window.addEventListener.bind(window);
globalThis.removeEventListener = window.removeEventListener.bind(window);
globalThis.dispatchEvent = window.dispatchEvent.bind(window);
globalThis.ResizeObserver = class {
  observe() {}
  disconnect() {}
};

/** Calls of drawing methods since the last `drawn.splice(0)`: the method, its arguments, the fill style. */
export const drawn = [];

const CONTEXT = {
  measureText: (text) => ({ width: 7 * text.length }),
  createPattern: () => "pattern",
};
window.HTMLCanvasElement.prototype.getContext = function getContext() {
  const canvas = this;
  this.context ??= new Proxy(
    {},
    {
      get(target, name) {
        if (name in CONTEXT) return CONTEXT[name];
        if (name in target) return target[name];
        return (...args) => drawn.push({ name, args, fill: target.fillStyle, canvas });
      },
    },
  );
  return this.context;
};

export const DomEvent = window.Event;

let frames = [];
globalThis.requestAnimationFrame = (callback) => frames.push(callback);

/** Run the animation frames that were requested. */
export function animate() {
  const due = frames;
  frames = [];
  for (const callback of due) callback(performance.now());
}

/** An element in the page for a component. */
export function mount() {
  const root = document.createElement("div");
  document.body.append(root);
  return root;
}

// Each test begins with an empty page, also where all files run in one process.
beforeEach(() => {
  document.activeElement?.blur();
  document.body.replaceChildren();
  localStorage.clear();
  sessionStorage.clear();
  frames = [];
});

/** Let promises that are settled run their callbacks. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
