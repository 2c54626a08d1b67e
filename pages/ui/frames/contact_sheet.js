// A contact sheet: small pictures with index and time. A click on one shows that frame; a tick chooses it.
const instances = new WeakMap();

function build(root) {
  const box = document.createElement("div");
  box.className = "sheet";
  root.append(box);
  return { box, cells: new Map(), order: "" };
}

function cell(self, { index, moment, source }) {
  const box = document.createElement("div");
  box.className = "cell";
  box.innerHTML = `<button type="button"><img loading="lazy" alt=""></button><label><input type="checkbox"><span class="index"></span>
    <span class="moment"></span></label>`;
  const [button, image, tick] = ["button", "img", "input"].map((part) => box.querySelector(part));
  image.src = source;
  image.style.aspectRatio = self.data.ratio;
  box.querySelector(".index").textContent = index;
  box.querySelector(".moment").textContent = moment;
  button.setAttribute("aria-label", `Show frame ${index}, at ${moment}`);
  tick.setAttribute("aria-label", `Choose frame ${index}`);
  button.onclick = () => self.setTriggerValue("picked", index);
  tick.onchange = () => {
    if (tick.checked) self.ticked.add(index);
    else self.ticked.delete(index);
    draw(self);
    self.setStateValue("ticked", [...self.ticked].sort((one, other) => one - other));
  };
  return { box, tick };
}

function draw(self) {
  for (const [index, { box, tick }] of self.cells) {
    tick.checked = self.ticked.has(index);
    box.classList.toggle("chosen", tick.checked);
    box.classList.toggle("here", index === self.data.here);
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let self = instances.get(parentElement);
  if (!self) {
    self = build(parentElement);
    self.ticked = new Set(data.ticked);
    instances.set(parentElement, self);
  }
  Object.assign(self, { data, setStateValue, setTriggerValue });
  if (self.order !== data.order) {
    self.order = data.order;
    self.cells = new Map(data.frames.map((frame) => [frame.index, cell(self, frame)]));
    self.box.replaceChildren(...[...self.cells.values()].map(({ box }) => box));
  }
  draw(self);
}
