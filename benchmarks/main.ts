import { accessSync, constants, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { getDevice, scope, setSeed } from '@pnn/nn';
import { type Measurement, type MeasureOptions, measure } from './measure.js';
import { tableHead, tableRow } from './table.js';
import type { Workload } from './workload.js';
import { workloads } from './workloads/index.js';

const help = `Measures kernels and training steps, one run after the other.

npm run bench -- [options]
  --filter TEXT  only workloads with TEXT in their names
  --quick        few repetitions: shows that everything runs, not how fast
  --json FILE    also writes the results to FILE
  --help         shows this

The spread is the distance between the quartiles of the durations as a share of their median. GFLOP/s counts the
operations that the formula needs; GB/s counts every input and output once.`;

const thorough: MeasureOptions = { warmUpSeconds: 0.3, seconds: 1, repetitions: 7 };
const quick: MeasureOptions = { warmUpSeconds: 0, seconds: 0, repetitions: 3 };

/** A wrong call: told in one sentence. */
class UsageError extends Error {}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        filter: { type: 'string', default: '' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    // Of Node's advice only the first sentence is about the mistake.
    throw new UsageError(`${(error as Error).message.split('. ')[0]}: see --help`);
  }
}

function checkWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch {
    throw new UsageError(`--json ${file}: the folder does not exist or cannot be written to`);
  }
}

function measureWorkload(workload: Workload, options: MeasureOptions): Measurement {
  // The same inputs for every workload, whichever others are filtered out.
  setSeed(0);
  const { run, dispose } = workload.prepare();
  try {
    return measure(() => scope(() => void run()), options);
  } finally {
    dispose();
  }
}

function main(args: string[]): void {
  const { filter, quick: isQuick, json, help: wantsHelp } = parse(args);
  if (wantsHelp) {
    console.log(help);
    return;
  }
  const chosen = workloads.filter(({ name }) => name.includes(filter));
  if (chosen.length === 0) throw new UsageError(`--filter ${filter}: no workload has that in its name`);
  if (json !== undefined) checkWritable(json);
  const environment = {
    date: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    device: getDevice().name,
    quick: isQuick,
  };
  console.log(`${environment.device} on ${environment.processor}, Node ${environment.node}\n`);
  const nameWidth = Math.max(...chosen.map(({ name }) => name.length));
  console.log(tableHead(nameWidth));
  const results = chosen.map((workload) => {
    const seconds = measureWorkload(workload, isQuick ? quick : thorough);
    console.log(tableRow(workload, nameWidth, seconds));
    const { name, flops, bytes } = workload;
    return { name, flops, bytes, seconds };
  });
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ version: 1, environment, results }, null, 2)}\n`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
