import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseReport } from '../report/index.js';
import type { InputRange } from '../report/record.js';
import type { TrainedNetwork } from '../trained/trained-network.js';

/** How far the inputs of each polynomial activation reached, and on which data. */
export interface ObservedRanges {
  readonly ranges: readonly InputRange[];
  readonly data: string;
}

/** Bounds are written with all their digits. */
const isSame = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.abs(b);

/**
 * What the report beside the file of a network has observed on the test data; undefined if there is no report, or none of
 * its runs has the same layers with the same bounds.
 *
 * @throws FormatError if the report is damaged
 */
export async function rangesFromReport({ path, activations }: TrainedNetwork): Promise<ObservedRanges | undefined> {
  const file = join(dirname(path), 'report.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const report = parseReport(text, file);
  const run = report.runs.find(
    ({ layers }) =>
      layers.length === activations.length &&
      layers.every(({ name, bound }, i) => name === activations[i]![0] && isSame(bound, activations[i]![1].bound)),
  );
  return run?.final ? { ranges: run.final.layers, data: `${report.dataset.name}/test, by ${file}` } : undefined;
}
