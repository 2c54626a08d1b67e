// Making elements.

/**
 * An element with these properties and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/**
 * A picture that is loaded when it scrolls into view; another one where it cannot be loaded.
 * @param {string} source
 * @param {string} fallback
 */
export function lazyImage(source, fallback) {
  const image = element("img", { loading: "lazy", decoding: "async", alt: "", src: source });
  image.onerror = () => {
    image.onerror = null;
    image.src = fallback;
  };
  return image;
}
