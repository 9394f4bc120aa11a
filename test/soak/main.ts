import { setTimeout } from 'node:timers/promises';
import { ChangingBatches } from './batches.js';
import { RandomCiphertexts } from './ciphertexts.js';
import { EncryptedMessages } from './encrypted.js';
import { MutatedFiles } from './files.js';
import { ForgottenTensors } from './forgotten.js';
import { Kills } from './kills.js';
import { growth, type MemorySample, memoryLine, sampleMemory } from './memory-over-time.js';
import { RandomOperators } from './operators.js';
import { help, type Options, readOptions, UsageError } from './options.js';
import { type Part, SoakFailure } from './part.js';

/** How long a part goes on before the next one has its turn. */
const TURN_SECONDS = 1;

const open: Readonly<Record<string, () => Part | Promise<Part>>> = {
  files: () => MutatedFiles.open(),
  operators: () => new RandomOperators(),
  kills: () => new Kills(),
  batches: () => new ChangingBatches(),
  forgotten: () => new ForgottenTensors(),
  encrypted: () => EncryptedMessages.open(),
  ciphertexts: () => new RandomCiphertexts(),
};

/** A case failed; the message tells how to repeat it. */
function failureOf(part: Part, seed: number, index: number, error: unknown): SoakFailure {
  const reason = error instanceof SoakFailure ? error.message : error instanceof Error ? error.stack : String(error);
  return new SoakFailure(
    `${part.name}, case ${index}: ${reason}\nRepeat it with: npm run soak -- --part ${part.name} --seed ${seed} --case ${index}`,
  );
}

/** The cases of one part, one after the other. */
class Cases {
  #next = 0;

  constructor(
    readonly part: Part,
    private readonly seed: number,
  ) {}

  async next(): Promise<void> {
    const index = this.#next++;
    try {
      await this.part.run({ seed: this.seed, case: index });
    } catch (error) {
      throw failureOf(this.part, this.seed, index, error);
    }
  }
}

const seconds = (): number => performance.now() / 1000;

async function takeTurns(cases: readonly Cases[], until: number, isOver: () => boolean): Promise<void> {
  while (seconds() < until && !isOver()) {
    for (const each of cases) {
      const end = Math.min(until, seconds() + TURN_SECONDS);
      while (seconds() < end) await each.next();
      // Processes beside this one are heard in between.
      await setTimeout(0);
    }
  }
}

function countsOf(parts: readonly Part[]): string {
  return parts.map(({ done, unit }) => `${done.toLocaleString('en-US')} ${unit}`).join(', ');
}

function summary(parts: readonly Part[]): string {
  return parts
    .map(({ done, unit, figures }) => {
      const more = Object.entries(figures).map(([name, value]) => `${value.toLocaleString('en-US')} ${name}`);
      return `${done.toLocaleString('en-US')} ${unit}${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
    })
    .join('\n');
}

async function soak(parts: readonly Part[], { minutes, seed }: Options): Promise<void> {
  const start = seconds();
  const until = start + 60 * minutes;
  const samples: MemorySample[] = [];
  const watch = setInterval(() => {
    samples.push(sampleMemory(samples.length + 1));
    console.log(`${samples.length} min: ${countsOf(parts)}; ${memoryLine(samples.at(-1)!)}`);
  }, 60_000);
  let failed = false;
  const beside = parts.filter(({ name }) => name === 'kills').map((part) => new Cases(part, seed));
  const turns = parts.filter(({ name }) => name !== 'kills').map((part) => new Cases(part, seed));
  const guarded = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  try {
    const running = beside.map(async (each) => {
      while (seconds() < until && !failed) await each.next();
    });
    if (turns.length > 0) running.push(takeTurns(turns, until, () => failed));
    await Promise.all(running.map(guarded));
  } finally {
    clearInterval(watch);
  }
  const grown = growth(samples);
  if (grown !== undefined) throw new SoakFailure(grown);
  console.log(`\n${((seconds() - start) / 60).toFixed(1)} minutes, seed ${seed}: nothing was lost, nothing was wrong`);
}

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    console.log(help);
    return;
  }
  const names = options.part === undefined ? Object.keys(open) : [options.part];
  const unknown = names.find((name) => !Object.hasOwn(open, name));
  if (unknown !== undefined) throw new UsageError(`--part ${unknown}: there are ${Object.keys(open).join(', ')}`);
  const parts: Part[] = [];
  for (const name of names) parts.push(await open[name]!());
  try {
    if (options.case !== undefined) {
      await parts[0]!.run({ seed: options.seed, case: options.case }).catch((error: unknown) => {
        throw failureOf(parts[0]!, options.seed, options.case!, error);
      });
      console.log(`${parts[0]!.name}, seed ${options.seed}, case ${options.case}: nothing was wrong`);
      return;
    }
    console.log(`${options.minutes} minutes of ${names.join(', ')}, seed ${options.seed}`);
    await soak(parts, options);
  } finally {
    console.log(summary(parts));
    for (const part of parts) await part.close();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof SoakFailure)) throw error;
  console.error(`soak: ${error.message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
