let recording = true;

/** Whether operators are being recorded for differentiation. */
export function isRecording(): boolean {
  return recording;
}

function withRecording<T>(state: boolean, body: () => T): T {
  const before = recording;
  recording = state;
  try {
    return body();
  } finally {
    recording = before;
  }
}

/** Runs the (synchronous) body without recording: what it computes depends on nothing that requires a gradient. */
export function noGrad<T>(body: () => T): T {
  return withRecording(false, body);
}

/** Runs the (synchronous) body with recording, also inside of `noGrad`. */
export function enableGrad<T>(body: () => T): T {
  return withRecording(true, body);
}
