import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { MeasurementError } from './comparison.js';
import { Field } from './field.js';
import { chosenFrom, help, type Options, readOptions, UsageError } from './options.js';
import { gpuProgram, ourProgram, peerProgram } from './programs.js';
import type { Environment, Report, Result } from './results.js';
import { gpuLines, table } from './table.js';
import type { Workload } from './workload.js';
import { workloads } from './workloads/index.js';

function environmentOf(
  { device, quick: isQuick }: Options,
  participants: Pick<Environment, 'versions' | 'remarks' | 'gpu'>,
): Environment {
  return {
    date: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    device,
    quick: isQuick,
    ...participants,
  };
}

/** Everyone's version. */
function beside(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

/** How peers compute where they have a choice, a line each. */
function remarkLines(remarks: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(remarks)
    .map(([name, texts]) => `${name}: ${texts.join('; ')}\n`)
    .join('');
}

/** A line that the next one replaces, where someone looks. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Measures one workload after the other, each written to the file as soon as it is there. */
async function measureAll(options: Options, chosen: readonly Workload[]): Promise<void> {
  const results: Result[] = [];
  const versions: Record<string, string> = {};
  const howComputed: Record<string, readonly string[]> = {};
  for (const threads of options.threads) {
    const peers = options.peers.map((name) => peerProgram(name, threads));
    const field = await Field.gather({
      threads,
      ours: ourProgram(options.device, threads),
      peers,
      gpu: options.gpu.map(gpuProgram),
    });
    Object.assign(versions, field.versions);
    const { gpuModes } = field;
    for (const { name, remarks } of peers) if (remarks?.length) howComputed[name] = remarks;
    if (options.peers.length > 0) console.log(`${beside(field.versions)}\n${remarkLines(howComputed)}`);
    if (gpuModes.length > 0) console.log(`${gpuLines(gpuModes)}\n`);
    try {
      for (const [i, workload] of chosen.entries()) {
        showProgress(`${i + 1} of ${chosen.length}: ${workload.name}`);
        const result = await field.measure(workload, options.quick);
        showProgress('');
        console.log(`${table(result)}\n`);
        results.push(result);
        if (options.json !== undefined) {
          const environment = environmentOf(options, { versions, remarks: howComputed, gpu: gpuModes });
          const report: Report = { version: 2, environment, results };
          writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
        }
      }
    } finally {
      await field.leave();
    }
  }
}

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const chosen = chosenFrom(workloads, options.filter);
  if (options.help || options.list) {
    console.log(options.help ? help : chosen.map(({ name }) => name).join('\n'));
    return;
  }
  const { processor, cores, node } = environmentOf(options, { versions: {}, remarks: {}, gpu: [] });
  console.log(`${options.device} on ${cores} ${cores === 1 ? 'core' : 'cores'} of ${processor}, Node ${node}\n`);
  await measureAll(options, chosen);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof MeasurementError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
