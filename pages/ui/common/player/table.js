// The moments at which the frames of a clip appear, as the server measured them by decoding it.
const tables = new Map();

class Table {
  // starts: (N + 1,) seconds; frame i is on screen in [starts[i], starts[i + 1]).
  constructor(starts) {
    this.starts = starts;
    this.count = starts.length - 1;
  }

  // The frame on screen at a moment.
  at(seconds) {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= seconds) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // The border between frames nearest to a moment, 0 to N; the end of the last frame is one too.
  border(seconds) {
    const frame = this.at(seconds);
    return seconds - this.starts[frame] > this.starts[frame + 1] - seconds ? frame + 1 : frame;
  }

  // The first border at or after a moment: frames of a segment are those that appear at or after its start and before its
  // stop, so this is the border of both. A millionth of a second is what the table is rounded to.
  first(seconds) {
    if (seconds <= 1e-6) return 0;
    const frame = this.at(seconds - 1e-6);
    return frame + 1;
  }

  // The frame whose picture carries this media time.
  shown(mediaTime) {
    return Math.min(this.border(mediaTime), this.count - 1);
  }

  // A moment inside frame i: its middle, from which rounding never reaches a neighbour, or another share of it.
  inside(i, share = 0.5) {
    return this.starts[i] + share * (this.starts[i + 1] - this.starts[i]);
  }
}

// Eight bytes with the unit in seconds, then for each frame how many units it stays.
function unpack(buffer) {
  const view = new DataView(buffer);
  const unit = view.getFloat64(0, true);
  const count = (buffer.byteLength - 8) / 4;
  const starts = new Float64Array(count + 1);
  for (let i = 0, ticks = 0; i < count; i += 1) {
    ticks += view.getUint32(8 + 4 * i, true);
    starts[i + 1] = ticks * unit;
  }
  return new Table(starts);
}

// The table behind an address; asked for once a page.
function tableOf(address) {
  if (!tables.has(address)) {
    const asked = fetch(address).then((answer) => {
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      return answer.arrayBuffer();
    });
    tables.set(address, asked.then(unpack));
    asked.catch(() => tables.delete(address));
  }
  return tables.get(address);
}
