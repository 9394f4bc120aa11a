import type { Measurement } from './measure.js';
import type { Workload } from './workload.js';

const columns = ['median', 'spread', 'repetitions', 'GFLOP/s', 'GB/s'] as const;
const WIDTH = 12;

function row(first: string, nameWidth: number, cells: readonly string[]): string {
  return [first.padEnd(nameWidth), ...cells.map((cell) => cell.padStart(WIDTH))].join('').trimEnd();
}

/** The head of the table: spread is the distance of the quartiles as a share of the median. */
export function tableHead(nameWidth: number): string {
  return row('', nameWidth, columns);
}

/** The line of one workload. */
export function tableRow({ name, flops, bytes }: Workload, nameWidth: number, measurement: Measurement): string {
  const { median, lower, upper, repetitions } = measurement;
  const rounded = (value: number) => `${Number(value.toPrecision(3))}`;
  const rate = (amount: number | undefined) => (amount === undefined ? '' : rounded(amount / median / 1e9));
  return row(name, nameWidth, [
    `${rounded(1000 * median)} ms`,
    `${((100 * (upper - lower)) / median).toFixed(1)} %`,
    `${repetitions}`,
    rate(flops),
    rate(bytes),
  ]);
}
