// Moments that a search found. A click on one tells the page which; pictures come as they scroll into view.
const instances = new WeakMap();

function part(tag, name, text = "") {
  return Object.assign(document.createElement(tag), { className: name, textContent: text });
}

function card(self, item) {
  const button = Object.assign(part("button", "card"), { type: "button" });
  const shot = part("span", "shot");
  const image = Object.assign(document.createElement("img"), { loading: "lazy", decoding: "async", alt: "", src: item.source });
  image.onerror = () => {
    image.onerror = null;
    image.src = item.fallback;
  };
  shot.append(image, part("span", "when", item.when));
  const bar = part("span", "bar");
  bar.style.setProperty("--fit", item.fit);
  const told = part("span", "told");
  told.append(bar, part("span", "name", item.name), part("span", "why", item.why));
  button.append(shot, told);
  button.title = `${item.name}, ${item.when}: ${item.why}, score ${item.score}`;
  button.setAttribute("aria-label", `Play ${button.title}`);
  bar.append(part("b", "", item.score));
  button.onclick = () => self.setTriggerValue("picked", item.id);
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let self = instances.get(parentElement);
  if (!self) {
    self = { box: part("div", "moments"), order: "" };
    parentElement.append(self.box);
    instances.set(parentElement, self);
  }
  Object.assign(self, { data, setTriggerValue });
  if (self.order === data.order) return;
  self.box.replaceChildren(...data.items.map((item) => card(self, item)));
  self.order = data.order;
}
