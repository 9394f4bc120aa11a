/** How long training may keep timers, signals and the page waiting, in milliseconds, besides the step in progress. */
const LONGEST_WAIT = 50;

let lastTurn = performance.now();

/**
 * Gives everything else in the program its turn where the last one is long ago. Awaiting the results of a device that
 * computes at once does not: its promises are settled before any event is looked at.
 */
export async function letEventsIn(): Promise<void> {
  if (performance.now() - lastTurn < LONGEST_WAIT) return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve);
  });
  lastTurn = performance.now();
}
