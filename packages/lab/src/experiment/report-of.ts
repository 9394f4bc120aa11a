import type { DatasetSplits } from '@pnn/data';
import { type DataLoader, randomState } from '@pnn/nn';
import { type EpochRecord, evaluate, type Trainer } from '@pnn/pnn';
import { REPORT_VERSION, type Report, type RunRecord, type SampleRecord, type SettingValue } from '../report/record.js';
import { version } from '../version.js';
import { predict } from './predictions.js';
import { runRecord } from './run-record.js';
import { sampleRecords } from './samples.js';

/** Test images shown in a report. */
export const REPORT_SAMPLES = 24;

/** What a report of a training needs besides the trainer. */
export interface ReportOptions {
  readonly title: string;
  /**
   * What the report calls the network.
   *
   * @default 'network'
   */
  readonly name?: string;
  /**
   * What the report calls the data.
   *
   * @default 'data'
   */
  readonly dataset?: string;
  /** What was learned from. */
  readonly train: DataLoader;
  /** What the network is judged by. */
  readonly test: DataLoader;
  /** The records of the complete epochs, as `trainer.fit` gave them. */
  readonly epochs: readonly EpochRecord[];
  /** @default the seed of the program, as `setSeed` has set it */
  readonly seed?: number;
  /** @default epochs, batch size and learning rate */
  readonly settings?: Readonly<Record<string, SettingValue>>;
}

/** The report of some runs on the same data, made now. */
export function assembleReport(
  title: string,
  { name, train, test }: DatasetSplits,
  runs: readonly RunRecord[],
  samples: readonly SampleRecord[],
): Report {
  return {
    version: REPORT_VERSION,
    title,
    created: new Date().toISOString(),
    software: `@pnn/lab ${version}`,
    dataset: { name, train: train.length, test: test.length, classes: train.classes ?? [] },
    runs,
    samples,
  };
}

/**
 * The record of a training so far, with a test of the network as it is: that of the last epoch if nothing came after.
 *
 * @param isTested whether the validation of the trainer was on the test data
 */
export async function testedRunRecord(
  trainer: Trainer,
  { test, ...options }: Pick<ReportOptions, 'test' | 'epochs'> & Pick<RunRecord, 'name' | 'settings' | 'seed'>,
  isTested = true,
): Promise<RunRecord> {
  const start = performance.now();
  const { loss, metrics, communicator } = trainer.options;
  const measures = { ...(loss && { loss }), ...(metrics && { metrics }), ...(communicator && { communicator }) };
  const evaluation = (isTested ? trainer.validation : undefined) ?? (await evaluate(trainer.network, test, measures));
  return runRecord(trainer, { ...options, test: evaluation, testSeconds: (performance.now() - start) / 1000 });
}

/**
 * The report of a training of any network, as the command `pnn train` writes it: `renderReport` makes a page of it,
 * `renderSummary` a table for a terminal, `stringifyReport` a file to compare with.
 *
 * @throws ArgumentError if there are no test samples
 */
export async function reportOf(trainer: Trainer, options: ReportOptions): Promise<Report> {
  const { title, name = 'network', dataset = 'data', train, test, epochs } = options;
  const { seed = randomState().seed } = options;
  const learningRate = epochs[0]?.learningRate ?? trainer.options.optimizer.lr;
  const used = { epochs: epochs.length, 'batch size': train.batchSize, 'learning rate': learningRate };
  const run = await testedRunRecord(trainer, { test, epochs, name, seed, settings: options.settings ?? used });
  const { samples, probabilities } = await predict(trainer.network, test, REPORT_SAMPLES);
  const splits = { name: dataset, train: train.dataset, test: test.dataset };
  return assembleReport(title, splits, [run], sampleRecords(samples, [probabilities]));
}
