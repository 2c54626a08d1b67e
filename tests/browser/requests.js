// Tells the tests whether Streamlit has answered all that the page wants of it: `window.isAnswered`. Between a press
// and the start of its run the page looks as if it were at rest, on a busy machine for long.
// The numbers are tags of the messages in Streamlit 1.67 (BackMsg.proto, ForwardMsg.proto).
(() => {
  const RERUN_SCRIPT = 0x5a;
  const NEW_SESSION = 4, SCRIPT_FINISHED = 6;
  const ENDED_EARLY = 2; // another run takes the place of this
  const VARINT = 0, BYTES = 2;

  /** A number of variable length in a protobuf message, and where it ends. */
  function varint(bytes, start) {
    let value = 0, at = start;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte % 128) * scale;
      if (byte < 128) return [value, at];
    }
  }

  /** The fields of a message: the numbers of those with content, and the values of those that are numbers. */
  function fields(bytes) {
    const result = new Map();
    for (let at = 0; at < bytes.length; ) {
      const [tag, content] = varint(bytes, at);
      const [value, next] = varint(bytes, content);
      if (![VARINT, BYTES].includes(tag % 8)) break;
      result.set(Math.floor(tag / 8), value);
      at = tag % 8 === BYTES ? next + value : next;
    }
    return result;
  }

  let latest = 0; // requests so far
  let begun = 0, answered = 0; // the latest that a run has begun for, and ended for
  window.isAnswered = () => answered === latest;

  function answer(request) {
    // Two frames later the page shows what the run sent.
    requestAnimationFrame(() => requestAnimationFrame(() => (answered = Math.max(answered, request))));
  }

  window.WebSocket = class extends window.WebSocket {
    constructor(...options) {
      super(...options);
      this.addEventListener("message", ({ data }) => {
        const message = fields(new Uint8Array(data));
        if (message.has(NEW_SESSION)) begun = latest;
        if (message.has(SCRIPT_FINISHED) && message.get(SCRIPT_FINISHED) !== ENDED_EARLY) answer(begun);
      });
      this.addEventListener("close", () => answer(latest));
    }

    send(data) {
      if (data[0] === RERUN_SCRIPT) latest += 1;
      super.send(data);
    }
  };
})();
