// Two pictures side by side, before and after, with the outline of a crop over the first.
const instances = new WeakMap();

function figure(parent, name) {
  const box = document.createElement("figure");
  box.innerHTML = `<div class="screen"><div class="picture"><img><svg hidden preserveAspectRatio="none">
    <path class="shade"/><path class="edge"/><path class="dash"/></svg></div><p class="none" hidden></p></div>
    <figcaption><span class="name"></span><span class="facts"></span></figcaption>`;
  parent.append(box);
  box.querySelector(".name").textContent = name;
  const [image, svg, none, facts] = ["img", "svg", ".none", ".facts"].map((part) => box.querySelector(part));
  return { picture: box.querySelector(".picture"), image, svg, none, facts, paths: svg.querySelectorAll("path") };
}

function show(part, { source, alt, facts, none, outline, size }) {
  part.picture.hidden = !source;
  if (size) {
    part.picture.style.aspectRatio = `${size[0]} / ${size[1]}`;
    part.picture.style.width = `min(100%, calc(60vh * ${size[0] / size[1]}))`;
  }
  if (source && part.image.getAttribute("src") !== source) part.image.src = source;
  part.image.alt = alt || "";
  part.facts.textContent = facts || "";
  part.none.hidden = !none;
  part.none.textContent = none || "";
  part.svg.toggleAttribute("hidden", !outline);
  if (!outline) return;
  const corners = `M${outline.map((corner) => corner.join(",")).join("L")}Z`;
  part.svg.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
  part.paths[0].setAttribute("d", `M0,0H${size[0]}V${size[1]}H0Z${corners}`);
  part.paths[1].setAttribute("d", corners);
  part.paths[2].setAttribute("d", corners);
}

export default function ({ data, parentElement }) {
  let parts = instances.get(parentElement);
  if (!parts) {
    const box = document.createElement("div");
    box.className = "compare";
    parentElement.append(box);
    parts = { before: figure(box, "Before"), after: figure(box, "After") };
    instances.set(parentElement, parts);
  }
  show(parts.before, data.before);
  show(parts.after, data.after);
}
