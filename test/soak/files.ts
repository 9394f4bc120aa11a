import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PnnError } from '@pnn/nn';
import fc from 'fast-check';
import { datasetFiles } from '../../packages/data/test/damage/files.js';
import { mutations } from '../../packages/tensor/test/mutations.js';
import { type CaseSeed, type Part, SoakFailure, seedOf } from './part.js';
import { type Sample, samplesInMemory, samplesOnDisk } from './sample-files.js';
import { sampleMessages } from './sample-messages.js';

/** A reader that takes longer hangs, for all that its user can tell. */
const MAX_SECONDS = 10;

/** Changes of one file in one case. */
const MUTATIONS = fc.array(mutations, { minLength: 1, maxLength: 3 });

/** One case in so many is a file on the disk. */
const DISK_EVERY = 50;

/** Files of every format, and messages of SEAL, with a few bytes changed: each is refused, or read as what it says now. */
export class MutatedFiles implements Part {
  readonly name = 'files';
  readonly unit = 'mutated files';
  done = 0;
  #refused = 0;
  /** How often each file was changed. */
  readonly #changes = new Map<Sample, number>();

  private constructor(
    private readonly inMemory: readonly Sample[],
    private readonly onDisk: readonly Sample[],
    private readonly folder: string,
  ) {}

  static async open(): Promise<MutatedFiles> {
    const folder = await mkdtemp(join(tmpdir(), 'pnn-soak-files-'));
    const inMemory = [...(await samplesInMemory()), ...datasetFiles(), ...(await sampleMessages())];
    return new MutatedFiles(inMemory, await samplesOnDisk(folder), folder);
  }

  get figures(): Readonly<Record<string, number>> {
    const fewest = Math.min(...this.inMemory.map((sample) => this.#changes.get(sample) ?? 0));
    return { refused: this.#refused, read: this.done - this.#refused, 'of each in memory at least': fewest };
  }

  async run(from: CaseSeed): Promise<void> {
    // Files on a disk are read by the same code, and take far longer.
    const samples = from.case % DISK_EVERY === 0 ? this.onDisk : this.inMemory;
    const [place, changes] = fc.sample(fc.tuple(fc.nat(), MUTATIONS), { seed: seedOf(from), numRuns: 1 })[0]!;
    const sample = samples[place % samples.length]!;
    const bytes = changes.reduce((each, mutate) => mutate(each), sample.bytes);
    const start = performance.now();
    try {
      const wrong = await sample.read(bytes, sample.bytes);
      if (wrong !== undefined) throw new SoakFailure(`${sample.name} was read, but ${wrong}`);
    } catch (error) {
      if (!(error instanceof PnnError)) {
        const kept = join(tmpdir(), `pnn-soak-${from.seed}-${from.case}-${sample.name}`);
        await writeFile(kept, bytes);
        throw new SoakFailure(`${sample.name}: ${error instanceof Error ? error.stack : error}\nThe file is ${kept}`);
      }
      this.#refused++;
    }
    const seconds = (performance.now() - start) / 1000;
    if (seconds > MAX_SECONDS) throw new SoakFailure(`${sample.name} took ${seconds.toFixed(1)} s to read`);
    this.done++;
    this.#changes.set(sample, (this.#changes.get(sample) ?? 0) + 1);
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
