import { ArgumentError } from '@pnn/tensor';

let recording = true;

/** Whether operators are being recorded for differentiation. */
export function isRecording(): boolean {
  return recording;
}

function withRecording<T>(name: string, state: boolean, body: () => T): T {
  const before = recording;
  recording = state;
  try {
    const result = body();
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new ArgumentError(`${name}: the body must not be asynchronous: call ${name}() after each await`);
    }
    return result;
  } finally {
    recording = before;
  }
}

/**
 * Runs the body without recording: what it computes depends on nothing that requires a gradient.
 *
 * @throws ArgumentError where the body is asynchronous: what it computes later would be recorded
 */
export function noGrad<T>(body: () => T): T {
  return withRecording('noGrad', false, body);
}

/**
 * Runs the body with recording, also inside of `noGrad`.
 *
 * @throws ArgumentError where the body is asynchronous: what it computes later would not be recorded
 */
export function enableGrad<T>(body: () => T): T {
  return withRecording('enableGrad', true, body);
}
