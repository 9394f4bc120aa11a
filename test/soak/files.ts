import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PnnError } from '@pnn/nn';
import fc from 'fast-check';
import { datasetFiles } from '../../packages/data/test/damage/files.js';
import { mutations } from '../../packages/tensor/test/mutations.js';
import { type CaseSeed, type Part, SoakFailure, seedOf } from './part.js';
import { archiveSamples } from './sample-archives.js';
import { type Sample, samplesInMemory, samplesOnDisk } from './sample-files.js';
import { sampleMessages } from './sample-messages.js';
import { studySamples } from './sample-studies.js';

/** A reader that takes longer hangs, for all that its user can tell. */
const MAX_SECONDS = 10;

/** Changes of one file in one case. */
const MUTATIONS = fc.array(mutations, { minLength: 1, maxLength: 3 });

/**
 * Files of every format, and messages of SEAL, with a few bytes changed, one after the other: each is refused, or read as what
 * it says now.
 */
export class MutatedFiles implements Part {
  readonly name = 'files';
  readonly unit = 'mutated files';
  done = 0;
  #refused = 0;

  private constructor(
    private readonly samples: readonly Sample[],
    private readonly folder: string,
  ) {}

  static async open(): Promise<MutatedFiles> {
    const folder = await mkdtemp(join(tmpdir(), 'pnn-soak-files-'));
    const samples = await Promise.all([
      samplesInMemory(),
      datasetFiles(),
      studySamples(),
      sampleMessages(),
      archiveSamples(folder),
      samplesOnDisk(folder),
    ]);
    return new MutatedFiles(samples.flat(), folder);
  }

  get figures(): Readonly<Record<string, number>> {
    return {
      refused: this.#refused,
      read: this.done - this.#refused,
      [`of each of ${this.samples.length} files`]: Math.floor(this.done / this.samples.length),
    };
  }

  async run(from: CaseSeed): Promise<void> {
    const sample = this.samples[from.case % this.samples.length]!;
    const changes = fc.sample(MUTATIONS, { seed: seedOf(from), numRuns: 1 })[0]!;
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
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
