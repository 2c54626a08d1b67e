// What travels between the server and the player, and the state of a player in the browser. Types only.
import type { ComponentArguments } from "../component";
import type { FrameTable } from "./frame_table.js";

/** A labelled stretch of seconds. label: an index into the palette. confidence: 0 to 1, null where there is none. */
export interface Segment {
  start: number;
  stop: number;
  label: number;
  confidence: number | null;
}

/** A label at one moment, without a length. label: an index into the palette. */
export interface Point {
  time: number;
  label: number;
  confidence: number | null;
}

export interface Curve {
  name: string;
  colour: string;
  times: Float32Array;
  values: Uint8Array;
}

type Look = "label" | "difference" | "quality";
type Span = [number, number];

/** A lane as it is drawn. seen: what was looked at, all where it is null. top, height: in pixels, set by the layout. */
export interface Row {
  name: string;
  title: string;
  edits: boolean;
  look: Look;
  segments: Segment[];
  points: Point[];
  curves: Curve[];
  seen: Span[] | null;
  top: number;
  height: number;
}

/** A lane as the server sends it: columns of numbers in base64. */
export interface PackedRow {
  name: string;
  title: string;
  edits: boolean;
  look: Look;
  seen: Span[] | null;
  starts: string;
  stops: string;
  labels: string;
  confidences: string;
  pointTimes: string;
  pointLabels: string;
  pointConfidences: string;
  curves: { name: string; colour: string; times: string; values: string }[];
}

export type EditKind =
  | "paint"
  | "unlabel"
  | "change"
  | "border"
  | "split"
  | "merge"
  | "label"
  | "delete"
  | "point"
  | "undo"
  | "redo";

/**
 * An edit as it is sent. from, n: its sender and its number there. start, stop: borders between frames. mark: the label
 * of the point at `at` that is meant, empty where a segment is.
 */
export interface Edit {
  from: string;
  n: number;
  kind: EditKind;
  row: string;
  at: number;
  start: number;
  stop: number;
  label: string;
  start_s: number | null;
  stop_s: number | null;
  mark: string;
}

/** What an edit does to a row, in seconds. end: the duration of the clip. */
export interface Change {
  start: number;
  stop: number;
  label: number;
  end: number;
}

/** What an edit does to a point. mark: the label that it has, or gets where it is new. */
export interface PointChange extends Change {
  mark: string;
}

export interface PlayerData {
  source: string;
  poster: string;
  frames: string;
  waiting: string;
  duration_s: number;
  frame_count: number;
  varies: string;
  subtitles: string;
  rows: PackedRow[];
  palette: { label: string; colour: string }[];
  labels: number[];
  points: number[];
  rest: string;
  seek: { moment_s: number; id: number; play: boolean };
  start_s: number;
  quiet: boolean;
  play: boolean;
  active: string;
  keep: string;
  done: Record<string, number>;
  session: string;
  view: number[];
}

/** The part of the clip that the lanes show, in seconds. */
export interface View {
  from: number;
  to: number;
}

/** What would be drawn if the mouse or the key were released now: a stretch in borders between frames, or a point. */
export interface Preview {
  row: Row;
  start: number;
  stop: number;
  label: number;
  point?: boolean;
}

export interface Painting {
  label: number;
  key: string;
  from: number;
  to: number;
  since: number;
  latched: boolean;
  moved: boolean;
}

/** What the mouse holds in a lane: an end of a segment, its body, an empty stretch, or a point. */
export interface Grip {
  kind: "start" | "stop" | "body" | "blank" | "point";
  index: number;
}

export interface Hold extends Grip {
  row: Row;
  segment: Segment | undefined;
  point: Point | null;
  x: number;
  from: number;
  moved: boolean;
  readOnly: boolean;
  alone: boolean;
  shared: boolean;
}

export interface Pan {
  kind: "pan";
  x: number;
  view: View;
  moved: boolean;
}

export interface Pinch {
  kind: "pinch";
  x: number;
  view: View;
  distance: number;
}

export type Gesture = Hold | Pan | Pinch;

/** The area of a canvas in which a row is drawn. text: whether there is room for names. */
export interface Area {
  top: number;
  height: number;
  text: boolean;
}

/** The view and the width in pixels on which it is drawn. */
export interface Window extends View {
  width: number;
}

export interface Style {
  fill: string;
  ink: string;
  packed: number;
}

export interface Theme {
  readAt: number;
  text: string;
  background: string;
  secondary: string;
  border: string;
  font: string;
}

/** The elements of a player, by the names of PARTS in shell.js. */
export interface Elements {
  box: HTMLElement;
  video: HTMLVideoElement;
  message: HTMLElement;
  field: HTMLInputElement;
  count: HTMLElement;
  clock: HTMLElement;
  stride: HTMLInputElement;
  speed: HTMLSelectElement;
  dot: HTMLElement;
  label: HTMLElement;
  confidence: HTMLElement;
  status: HTMLElement;
  variableRate: HTMLElement;
  warning: HTMLElement;
  unsent: HTMLElement;
  names: HTMLElement;
  stage: HTMLElement;
  ruler: HTMLCanvasElement;
  lane: HTMLElement;
  lanes: HTMLCanvasElement;
  buttons: HTMLElement;
  playhead: HTMLElement;
  overview: HTMLElement;
  overviewLanes: HTMLCanvasElement;
  overviewWindow: HTMLElement;
  overviewPlayhead: HTMLElement;
  tools: HTMLElement;
  chips: HTMLElement;
  helpBox: HTMLElement;
  playButton: HTMLElement;
  loopButton: HTMLElement;
  captionsButton: HTMLElement;
  muteButton: HTMLElement;
}

type Timer = ReturnType<typeof setTimeout>;

export interface Player extends Elements {
  data: PlayerData;
  setStateValue: ComponentArguments<PlayerData>["setStateValue"];

  // What is on screen.
  table: FrameTable | null;
  moment: number;
  frame: number;
  view: View;
  rows: Row[];
  width: number;
  height: number;

  // Seeking. target: the frame that was requested, null at rest.
  target: number | null;
  requested: number | null;
  attempts: number;
  onScreen: number | null;
  seeking: boolean;
  watching: boolean;
  playAfterSeek: boolean;
  pending: { seconds: number; play: boolean } | null;
  broken: boolean;
  begun: boolean;
  captions: "showing" | "hidden";
  loop: { start: number; stop: number } | null;

  // What is chosen, and what is being drawn.
  active: Row | null;
  chosenRow: Row | null;
  selected: { row: Row; at: number; mark?: string } | null; // mark: the label of a point, none for a segment
  brush: number;
  brushChosen: boolean;
  gesture: Gesture | null;
  preview: Preview | null;
  painting: Painting | null;
  pointers: Map<number, number>;

  // Edits that the server has not confirmed.
  nonce: string;
  serial: number;
  outbox: Edit[];
  outboxKey: string;
  unconfirmed: boolean;
  session: string;

  // What was drawn or sent last, to do it again only where something changed.
  version: number;
  drawn: number;
  decoded: Map<string, { text: string; segments: Segment[]; points: Point[] }>;
  styles: Style[];
  theme: Theme | null;
  hatch: CanvasPattern | null;
  line: HTMLCanvasElement | null;
  overviewKey: string;
  chipsKey: string;
  rowsKey: string;
  sourceKey: string;
  tableAddress: string;
  subtitlesAddress: string;
  rowsHeldBack: boolean;
  seekId: number;
  reportedMoment: number;
  reportedView: number[];
  zoomHintShown: boolean;

  animation: number;
  reportTimer: Timer | undefined;
  buttonTimer: Timer | undefined;
  statusTimer: Timer | undefined;
  loopTimer: Timer | undefined;
  lateTimer: Timer | undefined;
  overdueTimer: Timer | undefined;
}
