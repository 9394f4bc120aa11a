import { type Plugin, PreconditionFailure } from '../node_modules/fast-check/lib/fast-check.js';

const installed = Symbol.for('pnn.drawFor');

/**
 * A plugin of fast-check after whose time no run of a property begins.
 *
 * The option `interruptAfterTimeLimit` counts nothing as a failure, and abandons a run that takes longer while it goes on
 * beside the next test. Here a run that has begun is awaited, and a property is drawn at least until one run has a result.
 * Of several such plugins of one property the first one counts: setup files are loaded anew for each file of tests.
 *
 * @param milliseconds how long runs may begin
 */
export const drawFor =
  <Ts>(milliseconds: number): Plugin<Ts> =>
  (_index, store) => {
    if (store.get(installed)) return {};
    store.set(installed, true);
    const end = performance.now() + milliseconds;
    let hasResult = false;
    const note = <Result>(result: Result): Result => {
      hasResult ||= !PreconditionFailure.isFailure(result);
      return result;
    };
    return {
      decorateRun: (run) => (value) => {
        if (hasResult && performance.now() >= end) return new PreconditionFailure(true);
        const result = run(value);
        return result instanceof Promise ? result.then(note) : note(result);
      },
    };
  };
