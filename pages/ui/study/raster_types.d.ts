// What the raster of Study works with. Types only.
export interface RasterRow {
  id: string; // digest of the clip
  name: string;
  group: string;
  end: number; // of the clip, in seconds
  learned: boolean;
}

export interface RasterData {
  key: string; // another one where anything else here changed
  rows: RasterRow[];
  labels: { label: string; colour: string }[];
  clocks: Record<string, (number | null)[]>; // by column: the time of day at which each row begins, in seconds
  starts: string; // base64 of Uint32: where the segments of each row begin, and where the last one's end
  from: string; // base64 of Float32: start of each segment, in seconds
  to: string;
  label: string; // base64 of Uint16
}

/** A row as it is drawn: that of a clip, or of an event in a clip. */
export interface Entry {
  row: number; // of the clip
  zero: number | null; // the moment of it that lies at 0; null where it has none
  name: string;
}

export interface Line {
  entry: number; // -1 for the head of a group
  text: string;
  top: number;
  height: number;
}

export interface Raster {
  box: HTMLElement;
  bar: HTMLElement;
  legend: HTMLElement;
  tip: HTMLElement;
  says: HTMLElement;
  canvas: HTMLCanvasElement;
  data: RasterData;
  key: string;
  setTriggerValue: (name: string, value: unknown) => void;
  starts: Uint32Array;
  from: Float32Array;
  to: Float32Array;
  label: Uint16Array;
  lines: Line[];
  entries: Entry[];
  view: { from: number; to: number };
  extent: { from: number; to: number };
  top: number; // pixels that are scrolled away
  rowPx: number;
  width: number;
  height: number;
  total: number; // height of all lines
  left: number; // width of the names
  align: string;
  only: number; // the label that is drawn alone; -1 for all
  active: number; // entry of the keyboard
  animation: number;
}
