// The times at which the frames of a clip appear, as the server measured them by decoding it.

/** @type {Map<string, Promise<FrameTable>>} */
const tables = new Map();

export class FrameTable {
  /** @param {Float64Array} starts (N + 1,) seconds; frame i is on screen in [starts[i], starts[i + 1]). */
  constructor(starts) {
    this.starts = starts;
    this.count = starts.length - 1;
  }

  /** The frame on screen at a time. @param {number} seconds */
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

  /**
   * The border between frames nearest to a time, 0 to N; the end of the last frame is one too.
   * @param {number} seconds
   */
  border(seconds) {
    const frame = this.at(seconds);
    return seconds - this.starts[frame] > this.starts[frame + 1] - seconds ? frame + 1 : frame;
  }

  /**
   * The first border at or after a time. The frames of a segment are those that appear at or after its start and before
   * its stop, so this is the border of both. The table is rounded to a millionth of a second.
   * @param {number} seconds
   */
  first(seconds) {
    if (seconds <= 1e-6) return 0;
    return this.at(seconds - 1e-6) + 1;
  }

  /** The frame whose picture carries this media time. @param {number} mediaTime */
  shown(mediaTime) {
    return Math.min(this.border(mediaTime), this.count - 1);
  }

  /**
   * A time inside a frame: its middle, from which rounding never reaches a neighbour, or another share of it.
   * @param {number} frame
   */
  inside(frame, share = 0.5) {
    return this.starts[frame] + share * (this.starts[frame + 1] - this.starts[frame]);
  }
}

/**
 * The table in an answer of the server: eight bytes with the unit in seconds, then the duration of each frame in units.
 * @param {ArrayBuffer} buffer
 */
export function unpack(buffer) {
  const bytes = new DataView(buffer);
  const unit = bytes.getFloat64(0, true);
  const count = (buffer.byteLength - 8) / 4;
  const starts = new Float64Array(count + 1);
  for (let frame = 0, ticks = 0; frame < count; frame += 1) {
    ticks += bytes.getUint32(8 + 4 * frame, true);
    starts[frame + 1] = ticks * unit;
  }
  return new FrameTable(starts);
}

/** @param {string} address */
async function download(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return unpack(await response.arrayBuffer());
}

/** The table at an address; it is downloaded once per page, and again only after an error. @param {string} address */
export function tableOf(address) {
  let table = tables.get(address);
  if (!table) {
    table = download(address);
    table.catch(() => tables.delete(address));
    tables.set(address, table);
  }
  return table;
}
