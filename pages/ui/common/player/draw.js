// Lanes, ruler and overview on canvases: ten thousand segments cost no more than what the screen has pixels.
const STEPS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];
const STEPS_FRAMES = [1, 2, 5, 10, 20, 50];
const FEW = 200; // segments in view of which each becomes a button, for keyboards and screen readers
const QUALITY = "#8C8679";

function clock(seconds, places = 0) {
  const total = Number(seconds.toFixed(places));
  const whole = Math.floor(total / 60);
  const rest = (total - 60 * whole).toFixed(places).padStart(places ? 3 + places : 2, "0");
  return whole < 60 ? `${whole}:${rest}` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}:${rest}`;
}

const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

// Lanes lie one under the other; where the player is narrow each has its name above it.
function layOut(self) {
  const named = self.rows.some((row) => row.name);
  const narrow = self.lane.offsetWidth < 520;
  const above = named && narrow ? 18 : 0;
  let top = 0;
  for (const row of self.rows) {
    row.top = top + above;
    row.height = row.curves.length ? 58 : self.rows.length > 1 ? 32 : 42;
    top = row.top + row.height + 1;
  }
  self.box.classList.toggle("narrow", narrow);
  self.tall = Math.max(top, 20);
  self.lane.style.height = `${self.tall}px`;
  self.wide = self.lane.clientWidth || 600;
}

function surface(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== tall) Object.assign(canvas, { width: wide, height: tall });
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

function inks(self) {
  const now = performance.now();
  if (self.inks && now - self.inks.read < 500) return self.inks;
  const style = getComputedStyle(self.box);
  const [text, ground, second, edge, lamp] = ["text-color", "background-color", "secondary-background-color", "border-color", "primary-color"].map((name) =>
    style.getPropertyValue(`--st-${name}`).trim(),
  );
  const font = style.getPropertyValue("--st-font").trim() || "sans-serif";
  if (self.inks?.edge !== edge) Object.assign(self, { hatch: null, looks: [] });
  self.inks = { read: now, text, ground, second, edge, lamp, font };
  return self.inks;
}

const channels = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

// The colour as it looks with so much of it on the ground, and black or white, whichever reads better there (WCAG 2).
function shade(colour, share, ground) {
  const back = channels(/^#[0-9a-f]{6}$/i.test(ground) ? ground : "#FFFFFF");
  const mixed = channels(colour).map((value, at) => Math.round(value * share + back[at] * (1 - share)));
  const [red, green, blue] = mixed.map((value) => (value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const packed = (255 << 24) | (mixed[2] << 16) | (mixed[1] << 8) | mixed[0];
  return { fill: `rgb(${mixed.join(" ")})`, ink: light > 0.179 ? "#000" : "#FFF", packed };
}

// The look of a segment, worked out once for each label and confidence.
function lookOf(self, row, one) {
  const said = row.look === "label" && one.sure !== null ? Math.round(100 * one.sure) : 100;
  const key = one.label * 101 + said;
  return (self.looks[key] ??= shade(self.data.palette[one.label].colour, 0.3 + 0.007 * said, inks(self).second));
}

function hatch(self, ctx) {
  if (self.hatch) return self.hatch;
  const tile = Object.assign(document.createElement("canvas"), { width: 7, height: 7 });
  const pen = tile.getContext("2d");
  pen.strokeStyle = inks(self).edge;
  pen.lineWidth = 1.6;
  for (const shift of [-7, 0, 7]) {
    pen.moveTo(shift, 7);
    pen.lineTo(shift + 7, 0);
  }
  pen.stroke();
  self.hatch = ctx.createPattern(tile, "repeat");
  return self.hatch;
}

// A row of segments; where they are many, a line of pixels instead.
function drawSegments(self, ctx, row, place, window) {
  const { from, to, wide } = window;
  const first = after(row.segments, from);
  const stop = after(row.segments, to) + 1;
  if (stop - first > wide / 4) return drawMany(self, ctx, row, place, window, first);
  const scale = wide / (to - from);
  const { ground } = inks(self);
  for (let i = first; i < row.segments.length && row.segments[i].start < to; i += 1) {
    const one = row.segments[i];
    const x = Math.max((one.start - from) * scale, -2);
    const right = Math.min((one.stop - from) * scale, wide + 2);
    const width = Math.max(right - x, 1);
    const { fill, ink } = lookOf(self, row, one);
    ctx.fillStyle = fill;
    ctx.fillRect(x, place.top, width, place.height);
    if (!place.words) continue;
    const shown = self.data.palette[one.label];
    if (one.sure !== null && row.look === "label") {
      ctx.fillStyle = shown.colour;
      ctx.fillRect(x, place.top + place.height - 3, width, 3);
    }
    if (width > 3) {
      ctx.fillStyle = ground;
      ctx.fillRect(x + width - 1, place.top, 1, place.height);
    }
    const left = Math.max(x, 0);
    if (width > 30) write(ctx, shown.label, left + 6, place.top + place.height / 2 + 4.5, right - left - 11, ink);
  }
}

// Each column of pixels takes the colour of the segment that fills most of what is left of it.
function drawMany(self, ctx, row, place, { from, to, wide }, first) {
  const columns = Math.ceil(wide);
  const line = new ImageData(columns, 1);
  const pixels = new Uint32Array(line.data.buffer);
  const scale = wide / (to - from);
  for (let i = first; i < row.segments.length && row.segments[i].start < to; i += 1) {
    const one = row.segments[i];
    const left = Math.max(Math.round((one.start - from) * scale), 0);
    const right = Math.max(Math.round((one.stop - from) * scale), left + 1);
    pixels.fill(lookOf(self, row, one).packed, left, right);
  }
  self.line ??= document.createElement("canvas");
  if (self.line.width !== columns) Object.assign(self.line, { width: columns, height: 1 });
  self.line.getContext("2d").putImageData(line, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(self.line, 0, 0, columns, 1, 0, place.top, columns, place.height);
}

const shortened = new Map(); // what is left of words in so much room

function write(ctx, words, x, y, room, ink) {
  if (room < 18) return;
  const key = `${Math.min(Math.floor(room / 3), 200)}${words}`;
  if (!shortened.has(key)) shortened.set(key, fitted(ctx, words, room));
  ctx.fillStyle = ink;
  ctx.fillText(shortened.get(key), x, y);
}

function fitted(ctx, words, room) {
  if (ctx.measureText(words).width <= room) return words;
  let length = words.length - 1;
  while (length > 1 && ctx.measureText(`${words.slice(0, length)}…`).width > room) length -= 1;
  return length > 1 ? `${words.slice(0, length)}…` : "";
}

function drawUnseen(self, ctx, row, place, { from, to, wide }) {
  if (!row.seen) return;
  const scale = wide / (to - from);
  const ends = [0, ...row.seen.flat(), self.data.duration_s];
  for (let i = 0; i < ends.length; i += 2) {
    const [start, stop] = [Math.max(ends[i], from), Math.min(ends[i + 1], to)];
    if (stop - start <= 1e-6) continue;
    ctx.fillStyle = hatch(self, ctx);
    ctx.fillRect((start - from) * scale, place.top, (stop - start) * scale, place.height);
  }
}

function drawCurves(self, ctx, row, place, { from, to, wide }) {
  const scale = wide / (to - from);
  const bottom = place.top + place.height - 2;
  const reach = place.height - (place.words ? 20 : 4); // above stand the names
  ctx.lineWidth = place.words ? 1.6 : 1;
  for (const { times, values, colour } of row.curves) {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < from) low = middle + 1;
      else high = middle;
    }
    ctx.strokeStyle = colour;
    ctx.beginPath();
    for (let i = Math.max(low - 1, 0), stop; i < times.length; i = stop) {
      // Of many values in one column of pixels the first, the least, the most and the last are drawn.
      const column = Math.floor((times[i] - from) * scale);
      let [least, most] = [values[i], values[i]];
      for (stop = i + 1; stop < times.length && Math.floor((times[stop] - from) * scale) === column; stop += 1) {
        if (values[stop] < least) least = values[stop];
        else if (values[stop] > most) most = values[stop];
      }
      const x = (times[i] - from) * scale;
      const kept = stop - i > 2 ? [values[i], least, most, values[stop - 1]] : values.subarray(i, stop);
      for (const value of kept) ctx.lineTo(x, bottom - (value / 255) * reach);
      if (times[i] > to) break;
    }
    ctx.stroke();
  }
  if (place.words) nameCurves(self, ctx, row, place);
}

function nameCurves(self, ctx, row, place) {
  let x = 6;
  for (const { name, colour } of row.curves) {
    ctx.fillStyle = colour;
    ctx.fillRect(x, place.top + 5, 9, 9);
    ctx.fillStyle = inks(self).text;
    ctx.fillText(name, x + 13, place.top + 14);
    x += ctx.measureText(name).width + 28;
  }
}

function drawGhost(self, ctx, row) {
  const { ghost, view } = self;
  if (!ghost || ghost.row !== row) return;
  const scale = self.wide / (view.to - view.from);
  const [left, right] = [ghost.start, ghost.stop].map((border) => (self.table.starts[border] - view.from) * scale);
  const shown = self.data.palette[ghost.label];
  ctx.fillStyle = shown ? shown.colour : ghost.label === UNLABELLED ? hatch(self, ctx) : inks(self).ground;
  ctx.globalAlpha = 0.85;
  ctx.fillRect(left, row.top, Math.max(right - left, 2), row.height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = inks(self).text;
  ctx.lineWidth = 2;
  ctx.setLineDash([4, 3]);
  ctx.strokeRect(left + 1, row.top + 1, Math.max(right - left - 2, 1), row.height - 2);
  ctx.setLineDash([]);
}

function drawPicked(self, ctx) {
  const one = pickedSegment(self);
  if (!one) return;
  const { top, height } = self.picked.row;
  const scale = self.wide / (self.view.to - self.view.from);
  const left = Math.max((one.start - self.view.from) * scale, -4);
  const right = Math.min((one.stop - self.view.from) * scale, self.wide + 4);
  ctx.strokeStyle = inks(self).text;
  ctx.lineWidth = 2.5;
  ctx.strokeRect(left + 1.25, top + 1.25, Math.max(right - left - 2.5, 1), height - 2.5);
}

// Where frames are wide enough, their borders are seen.
function drawFrames(self, ctx) {
  const { table, view, wide, tall } = self;
  if (!table || (wide / (view.to - view.from)) * (table.starts[table.count] / table.count) < 9) return;
  ctx.fillStyle = inks(self).text;
  ctx.globalAlpha = 0.14;
  for (let i = table.at(view.from); i <= table.count && table.starts[i] <= view.to; i += 1)
    ctx.fillRect(((table.starts[i] - view.from) * wide) / (view.to - view.from) - 0.5, 0, 1, tall);
  ctx.globalAlpha = 1;
}

function drawLanes(self) {
  const ctx = surface(self.lanes, self.wide, self.tall);
  const { second, edge, font } = inks(self);
  const window = { ...self.view, wide: self.wide };
  ctx.font = `600 12.5px ${font}`;
  for (const row of self.rows) {
    const place = { top: row.top, height: row.height, words: true };
    ctx.fillStyle = second;
    ctx.fillRect(0, row.top, self.wide, row.height);
    drawUnseen(self, ctx, row, place, window);
    if (row.curves.length) drawCurves(self, ctx, row, place, window);
    else drawSegments(self, ctx, row, place, window);
    ctx.fillStyle = edge;
    ctx.fillRect(0, row.top + row.height, self.wide, 1);
    drawGhost(self, ctx, row);
  }
  drawFrames(self, ctx);
  drawPicked(self, ctx);
}

function drawRuler(self) {
  const ctx = surface(self.ruler, self.wide, 22);
  const { view, wide, table } = self;
  const scale = wide / (view.to - view.from);
  const { text, font } = inks(self);
  ctx.font = `12px ${font}`;
  ctx.fillStyle = text;
  const perFrame = table ? (scale * table.starts[table.count]) / table.count : 0;
  if (perFrame > 14) return drawFrameNumbers(self, ctx, perFrame);
  const least = (view.to - view.from) / Math.max(2, Math.floor(wide / 82));
  const step = STEPS_S.find((one) => one >= least) || Math.ceil(least / 3600) * 3600;
  const places = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  for (let tick = Math.ceil(view.from / step - 1e-9); tick * step <= view.to; tick += 1)
    mark(ctx, (tick * step - view.from) * scale, clock(tick * step, places), wide);
}

function drawFrameNumbers(self, ctx, perFrame) {
  const { view, wide, table } = self;
  const step = STEPS_FRAMES.find((one) => one * perFrame > 72) || 50;
  const first = table.at(view.from);
  for (let i = Math.ceil(first / step) * step; i < table.count && table.starts[i] <= view.to; i += step)
    mark(ctx, ((table.starts[i] - view.from) * wide) / (view.to - view.from), `frame ${i}`, wide);
}

function mark(ctx, x, words, wide) {
  ctx.globalAlpha = 0.4;
  ctx.fillRect(x, 16, 1, 6);
  ctx.globalAlpha = 0.82;
  const half = ctx.measureText(words).width / 2;
  ctx.fillText(words, Math.min(Math.max(x - half, 1), wide - 2 * half - 1), 12);
  ctx.globalAlpha = 1;
}

// The whole clip in small, with a frame around what the lanes show. Its picture changes only with the labels.
function drawOverview(self) {
  const { duration_s: end } = self.data;
  const zoomed = self.view.to - self.view.from < 0.999 * end;
  self.overview.hidden = !(zoomed || end > 300);
  if (self.overview.hidden) return;
  const tall = Math.min(12 + 5 * self.rows.length, 40);
  self.stage.style.setProperty("--strip", `${tall + 8}px`);
  const key = `${self.version}|${self.wide}|${inks(self).edge}|${inks(self).second}`;
  if (self.overviewKey !== key) {
    self.overviewKey = key;
    const ctx = surface(self.small, self.wide, tall);
    const each = (tall - 4) / self.rows.length;
    self.small.style.height = `${tall}px`;
    self.rows.forEach((row, at) => {
      const place = { top: 2 + at * each, height: Math.max(each - 1, 2), words: false };
      drawUnseen(self, ctx, row, place, { from: 0, to: end, wide: self.wide });
      if (row.curves.length) drawCurves(self, ctx, row, place, { from: 0, to: end, wide: self.wide });
      else drawSegments(self, ctx, row, place, { from: 0, to: end, wide: self.wide });
    });
  }
  const left = (self.view.from / end) * self.wide;
  self.window.style.transform = `translateX(${left}px)`;
  self.window.style.width = `${Math.max(((self.view.to - self.view.from) / end) * self.wide, 8)}px`;
}

// Draw with the next picture of the screen, once however often it is asked for.
function redraw(self) {
  if (self.asleep) return;
  self.asleep = requestAnimationFrame(() => {
    self.asleep = 0;
    drawAll(self);
  });
}

function drawAll(self) {
  drawLanes(self);
  drawRuler(self);
  drawOverview(self);
  drawHead(self);
  self.drawn += 1;
  self.buttons.classList.add("moving");
  clearTimeout(self.buttonTimer);
  self.buttonTimer = setTimeout(() => drawButtons(self), 180);
}

function drawHead(self) {
  const share = (self.moment - self.view.from) / (self.view.to - self.view.from);
  self.head.style.transform = `translateX(${share * self.wide}px)`;
  self.head.style.visibility = share < -0.001 || share > 1.001 ? "hidden" : "visible";
  self.mini.style.transform = `translateX(${(self.moment / self.data.duration_s) * self.wide}px)`;
}

function told(self, row, one) {
  const sure = one.sure === null ? "" : `, ${Math.round(100 * one.sure)} % sure`;
  return `${self.data.palette[one.label].label}, ${clock(one.start, 1)} to ${clock(one.stop, 1)}${sure}`;
}

// Where few segments are in view each is a button, so that keyboards and screen readers reach it.
function drawButtons(self) {
  const { view, wide, rows } = self;
  const scale = wide / (view.to - view.from);
  const shown = rows.map((row) => {
    const first = after(row.segments, view.from);
    let stop = first;
    while (stop < row.segments.length && row.segments[stop].start < view.to && stop - first <= FEW) stop += 1;
    return row.segments.slice(first, stop);
  });
  self.buttons.classList.remove("moving");
  const focused = self.buttons.getRootNode().activeElement?.title;
  if (shown.reduce((sum, row) => sum + row.length, 0) > FEW) return self.buttons.replaceChildren();
  self.buttons.replaceChildren(...rows.map((row, at) => rowOfButtons(self, row, shown[at], scale)));
  if (focused) [...self.buttons.querySelectorAll("button")].find((one) => one.title === focused)?.focus({ preventScroll: true });
}

function rowOfButtons(self, row, segments, scale) {
  const group = Object.assign(document.createElement("div"), { className: "row", role: "group" });
  group.setAttribute("aria-label", row.name || "Labels");
  for (const one of segments) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "segment", title: told(self, row, one) });
    button.textContent = self.data.palette[one.label].label;
    button.setAttribute("aria-label", `${row.edits ? "Choose" : "Play"} ${button.title}`);
    const left = Math.max((one.start - self.view.from) * scale, 0);
    const right = Math.min((one.stop - self.view.from) * scale, self.wide);
    button.style.cssText = `left:${left}px;top:${row.top}px;width:${Math.max(right - left, 3)}px;height:${row.height}px`;
    button.onclick = (event) => event.detail === 0 && choose(self, row, one);
    group.append(button);
  }
  return group;
}
