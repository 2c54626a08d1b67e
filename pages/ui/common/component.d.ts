// What Streamlit hands to a component (Components v2). Types only.
export interface ComponentArguments<Data> {
  data: Data;
  parentElement: HTMLElement;
  setStateValue: (name: string, value: unknown) => void;
  setTriggerValue: (name: string, value: unknown) => void;
}
