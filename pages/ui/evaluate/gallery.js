// Clips with truth, prediction and confidence. A click on one tells the page which; pictures come as they scroll into view.
const instances = new WeakMap();

function part(tag, name, text = "") {
  return Object.assign(document.createElement(tag), { className: name, textContent: text });
}

function word(name, label, colour) {
  const line = part("span", "word");
  const dot = part("i", "dot");
  dot.style.background = colour;
  line.append(part("em", "", name), dot, part("b", "", label));
  return line;
}

function card(self, item) {
  const button = Object.assign(part("button", item.right ? "card right" : "card wrong"), { type: "button" });
  const shot = part("span", "shot");
  const image = Object.assign(document.createElement("img"), { loading: "lazy", decoding: "async", alt: "", src: item.source });
  image.onerror = () => {
    image.onerror = null;
    image.src = item.fallback;
  };
  shot.append(image, part("span", "length", item.length), part("span", "sure", item.sure));
  const told = part("span", "told");
  told.append(part("span", "name", item.name), word("true", item.truth, item.truth_colour));
  if (!item.right) told.append(word("said", item.said, item.said_colour));
  if (item.note) told.append(part("span", "note", item.note));
  button.append(shot, told);
  button.title = item.name;
  button.setAttribute("aria-label", `Play ${item.name}: it is ${item.truth}, the model said ${item.said}, ${item.sure}`);
  button.onclick = () => self.setTriggerValue("picked", item.id);
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let self = instances.get(parentElement);
  if (!self) {
    self = { box: part("div", "gallery"), order: "" };
    parentElement.append(self.box);
    instances.set(parentElement, self);
  }
  Object.assign(self, { data, setTriggerValue });
  if (self.order === data.order) return;
  const grown = self.order && data.order.startsWith(self.order);
  const from = grown ? self.box.children.length : 0;
  const cards = data.items.slice(from).map((item) => card(self, item));
  if (grown) self.box.append(...cards);
  else self.box.replaceChildren(...cards);
  self.order = data.order;
}
