import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { compare, MeasurementError, quick, thorough } from './comparison.js';
import { chosenFrom, help, type Options, readOptions, UsageError } from './options.js';
import { Participant } from './participant.js';
import { ourProgram, peerNames, peerProgram } from './programs.js';
import type { Environment, PeerResult, Report, Result } from './results.js';
import { table } from './table.js';
import type { Workload } from './workload.js';
import { workloads } from './workloads/index.js';

/** Libraries take their time to load. */
const START_SECONDS = 60;

/** Everyone who takes part at one number of threads. */
class Field {
  readonly versions: Record<string, string> = {};
  readonly #peers: Participant[] = [];
  readonly #absent: PeerResult[] = [];

  private constructor(
    private readonly ours: Participant,
    private readonly threads: number,
  ) {}

  /** @throws MeasurementError where this library does not start */
  static async gather({ device, peers }: Options, threads: number): Promise<Field> {
    const { participant, greeting } = await Participant.start(ourProgram(device, threads), START_SECONDS);
    if ('absent' in greeting) throw new MeasurementError(`this library does not start: ${greeting.absent}`);
    const field = new Field(participant, threads);
    field.versions.ours = greeting.version;
    for (const name of peers) await field.#add(name);
    return field;
  }

  async #add(name: string): Promise<void> {
    const { participant, greeting } = await Participant.start(peerProgram(name, this.threads), START_SECONDS);
    if ('absent' in greeting) {
      this.#absent.push({ name, absent: greeting.absent });
      return;
    }
    this.versions[name] = greeting.version;
    this.#peers.push(participant);
  }

  /** Has all of them do one workload. One that had to be ended is started again for the next one. */
  async measure(workload: Workload, isQuick: boolean): Promise<Result> {
    const pace = isQuick ? quick : thorough;
    const result = await compare(workload, this.threads, { ours: this.ours, peers: this.#peers }, pace);
    const absent = [...this.#absent];
    const ended = this.#peers.filter(({ running }) => !running);
    for (const peer of ended) {
      this.#peers.splice(this.#peers.indexOf(peer), 1);
      await this.#add(peer.name);
    }
    const peers = [...result.peers, ...absent];
    return { ...result, peers: peers.toSorted((a, b) => peerNames.indexOf(a.name) - peerNames.indexOf(b.name)) };
  }

  async leave(): Promise<void> {
    for (const participant of [this.ours, ...this.#peers]) await participant.stop();
  }
}

function environmentOf({ device, quick: isQuick }: Options, versions: Readonly<Record<string, string>>): Environment {
  return {
    date: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    device,
    quick: isQuick,
    versions,
  };
}

/** Everyone's version. */
function beside(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

/** A line that the next one replaces, where someone looks. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Measures one workload after the other, each written to the file as soon as it is there. */
async function measureAll(options: Options, chosen: readonly Workload[]): Promise<void> {
  const results: Result[] = [];
  const versions: Record<string, string> = {};
  for (const threads of options.threads) {
    const field = await Field.gather(options, threads);
    Object.assign(versions, field.versions);
    if (options.peers.length > 0) console.log(`${beside(field.versions)}\n`);
    try {
      for (const [i, workload] of chosen.entries()) {
        showProgress(`${i + 1} of ${chosen.length}: ${workload.name}`);
        const result = await field.measure(workload, options.quick);
        showProgress('');
        console.log(`${table(result)}\n`);
        results.push(result);
        if (options.json !== undefined) {
          const report: Report = { version: 2, environment: environmentOf(options, versions), results };
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
  const { processor, cores, node } = environmentOf(options, {});
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
