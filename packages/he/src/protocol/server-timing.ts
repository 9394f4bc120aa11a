import type { OperationTimes } from '../run/timed-evaluator.js';

/** The header that answers carry times in (https://www.w3.org/TR/server-timing/); the description is how often. */
export const SERVER_TIMING = 'server-timing';

const MAX_LENGTH = 4096;
const METRIC = /^([A-Za-z]{1,32});dur=(\d{1,9}(?:\.\d{1,3})?);desc="(\d{1,9})"$/;

/** Times as the value of the header. */
export function writeServerTiming(times: OperationTimes): string {
  return Object.entries(times)
    .map(([name, { count, milliseconds }]) => `${name};dur=${milliseconds.toFixed(3)};desc="${count}"`)
    .join(', ');
}

/** Times out of the value of the header; undefined where it says something else. */
export function readServerTiming(header: string | null): OperationTimes | undefined {
  if (!header || header.length > MAX_LENGTH) return undefined;
  const metrics = header.split(', ').map((metric) => METRIC.exec(metric));
  if (metrics.some((metric) => metric === null)) return undefined;
  return Object.fromEntries(
    metrics.map((metric) => [metric![1], { count: Number(metric![3]), milliseconds: Number(metric![2]) }]),
  );
}
