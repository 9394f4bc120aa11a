/** How long training may keep timers, signals and the page waiting, in milliseconds, besides the step in progress. */
const MAX_WAIT = 50;

let lastTurn = performance.now();

/**
 * Gives everything else in the program its turn where the last one is long ago. Awaiting the results of a device that
 * computes at once does not: its promises are settled before any event is looked at. A message comes back sooner than
 * the shortest timer, which a page in the background would have to wait a second for.
 */
export async function yieldToEventLoop(): Promise<void> {
  if (performance.now() - lastTurn < MAX_WAIT) return;
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(undefined);
  });
  port1.close();
  lastTurn = performance.now();
}
