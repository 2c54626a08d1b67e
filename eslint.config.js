import js from "@eslint/js";

const BROWSER = [
  "atob", "Blob", "clearTimeout", "document", "DOMException", "fetch", "getComputedStyle", "ImageData", "localStorage",
  "performance", "requestAnimationFrame", "ResizeObserver", "sessionStorage", "setTimeout", "URL", "window",
];
const NODE = ["Buffer", "console", "globalThis", "KeyboardEvent", "setImmediate", "structuredClone"];
const VAGUE = ["found", "told", "said", "asked", "one", "each", "place"];

const readonly = (names) => Object.fromEntries(names.map((name) => [name, "readonly"]));

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2023, sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "consistent-return": "off",
      eqeqeq: "error",
      "id-denylist": ["error", ...VAGUE],
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", 40],
      "no-duplicate-imports": "error",
      "no-shadow": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  {
    files: ["pages/**/*.js"],
    languageOptions: { globals: readonly(BROWSER) },
  },
  {
    files: ["tests/**/*.js"],
    languageOptions: { globals: readonly([...BROWSER, ...NODE]) },
  },
];
