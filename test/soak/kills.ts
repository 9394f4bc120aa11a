import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadCheckpoint } from '@pnn/pnn/node';
import { Generator } from '@pnn/tensor';
import { type CaseSeed, type Part, SoakFailure, seedOf } from './part.js';

const program = fileURLToPath(new URL('../../packages/lab/bin/pnn.js', import.meta.url));

const small = ['--train-samples', '256', '--test-samples', '64', '--epochs', '6', '--no-twin', '--threads', '1'];

/** Trainings that take about a second each. */
const trainings: readonly (readonly string[])[] = [
  [...small, '--widths', '4,4'],
  [...small, '--widths', '4,4', '--lambda', 'dual', '--learnable'],
  [...small, '--model', 'mlp', '--widths', '16', '--dropout', '0.2', '--bound', '6'],
];

/** A training is started again after so many kills at most. */
const MAX_KILLS = 50;

interface Ended {
  readonly killed: boolean;
  readonly status: number | null;
  readonly errors: string;
}

/** What an uninterrupted training ends with, and how long it takes. */
interface Uninterrupted {
  readonly network: string;
  readonly milliseconds: number;
}

async function digestOf(folder: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(folder, 'polynomial.safetensors')))
    .digest('hex');
}

/** Trainings that are killed at random moments and go on from their checkpoints: each ends in the bits of one that ran through. */
export class Kills implements Part {
  readonly name = 'kills';
  readonly unit = 'kills';
  done = 0;
  #trainings = 0;
  #beforeCheckpoint = 0;
  readonly #uninterrupted = new Map<number, Uninterrupted>();
  #closing = new AbortController();

  get figures(): Readonly<Record<string, number>> {
    return { 'trainings ended': this.#trainings, 'kills before the first checkpoint': this.#beforeCheckpoint };
  }

  async run(from: CaseSeed): Promise<void> {
    const generator = new Generator(seedOf(from), 'kills');
    const which = Math.floor(generator.uniform() * trainings.length);
    const folder = await mkdtemp(join(tmpdir(), 'pnn-soak-kills-'));
    try {
      const expected = await this.#runThrough(which);
      const checkpoint = join(folder, 'checkpoint.safetensors');
      for (let kills = 0; ; kills++) {
        if (this.#closing.signal.aborted) return;
        const start = existsSync(checkpoint) ? ['--resume', checkpoint] : [...trainings[which]!, '--out', folder];
        const delay = kills < MAX_KILLS ? (0.2 + generator.uniform()) * expected.milliseconds : undefined;
        const { killed, status, errors } = await this.#train(start, delay);
        if (!killed) {
          if (status !== 0) throw new SoakFailure(`pnn train ${start.join(' ')}: status ${status}: ${errors}`);
          break;
        }
        this.done++;
        if (existsSync(checkpoint)) await loadCheckpoint(checkpoint);
        // What was finished when it was killed has no checkpoint any more.
        else if (existsSync(join(folder, 'report.html'))) break;
        else this.#beforeCheckpoint++;
      }
      if ((await digestOf(folder)) !== expected.network) {
        throw new SoakFailure(`pnn train ${trainings[which]!.join(' ')}: after kills the network has other bits`);
      }
      this.#trainings++;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  async #runThrough(which: number): Promise<Uninterrupted> {
    const known = this.#uninterrupted.get(which);
    if (known) return known;
    const folder = await mkdtemp(join(tmpdir(), 'pnn-soak-kills-'));
    try {
      const start = performance.now();
      const { status, errors } = await this.#train([...trainings[which]!, '--out', folder]);
      if (status !== 0) throw new SoakFailure(`pnn train ${trainings[which]!.join(' ')}: status ${status}: ${errors}`);
      const result = { network: await digestOf(folder), milliseconds: performance.now() - start };
      this.#uninterrupted.set(which, result);
      return result;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Runs the command, and kills it after a while where one is given. */
  async #train(args: readonly string[], delay?: number): Promise<Ended> {
    const child = spawn(process.execPath, [program, 'train', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-2000);
    });
    const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const waiting = new AbortController();
    const timer =
      delay === undefined
        ? undefined
        : setTimeout(delay, undefined, { signal: waiting.signal }).then(
            () => child.kill('SIGKILL'),
            () => undefined,
          );
    const [status, signal] = await exit;
    waiting.abort();
    await timer;
    return { killed: signal === 'SIGKILL', status, errors };
  }
}
