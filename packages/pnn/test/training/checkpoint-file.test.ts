import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError } from '@pnn/nn';
import { loadSafetensors, saveSafetensors } from '@pnn/nn/node';
import { assert, asyncProperty, nat } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Checkpoint, dualAscent, takeCheckpoint } from '../../src/index.js';
import { loadCheckpoint, saveCheckpoint } from '../../src/node/index.js';
import { all, blobLoader, toyNetwork, toyTrainer } from './toy.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-checkpoints-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A checkpoint after an epoch with dropout and dual ascent. */
async function trainedCheckpoint(settings: unknown = null): Promise<Checkpoint> {
  const network = toyNetwork({}, 0.1);
  const trainer = toyTrainer({ network, lambda: dualAscent({ initial: 3 }), calibration: { steps: 1 } });
  const epochs = await all(trainer.fit(blobLoader(), { epochs: 1, validation: blobLoader(12) }));
  return takeCheckpoint(trainer, epochs, settings);
}

describe('saveCheckpoint and loadCheckpoint', () => {
  it('bring everything back', async () => {
    const checkpoint = await trainedCheckpoint({ plan: [1, 'two'] });
    const path = join(folder, 'whole.safetensors');
    await saveCheckpoint(path, checkpoint);
    const loaded = await loadCheckpoint(path);
    expect(loaded.state).toEqual(checkpoint.state);
    expect(new Map([...loaded.tensors].sort())).toEqual(new Map([...checkpoint.tensors].sort()));
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('notice every changed bit and every missing byte', async () => {
    const path = join(folder, 'damaged.safetensors');
    await saveCheckpoint(path, await trainedCheckpoint());
    const intact = await readFile(path);
    await assert(
      asyncProperty(nat(8 * intact.length - 1), async (position) => {
        const bytes = Buffer.from(intact);
        bytes[position >> 3]! ^= 1 << (position & 7);
        await writeFile(path, bytes);
        await expect(loadCheckpoint(path)).rejects.toThrow(FormatError);
        await expect(loadCheckpoint(path)).rejects.toThrow(path);
      }),
      { numRuns: 300 },
    );
    await assert(
      asyncProperty(nat(intact.length - 1), async (length) => {
        await writeFile(path, intact.subarray(0, length));
        await expect(loadCheckpoint(path)).rejects.toThrow(FormatError);
      }),
      { numRuns: 50 },
    );
  });

  it('refuse a checkpoint without its checksum, and what is none', async () => {
    const path = join(folder, 'bare.safetensors');
    await saveCheckpoint(path, await trainedCheckpoint());
    const { tensors, metadata } = await loadSafetensors(path);
    const { 'pnn.sha256': _, ...rest } = metadata;
    await saveSafetensors(path, tensors, { metadata: rest });
    await expect(loadCheckpoint(path)).rejects.toThrow(
      new FormatError(`${path} is damaged: its content does not match its checksum`),
    );
    await saveSafetensors(path, tensors);
    await expect(loadCheckpoint(path)).rejects.toThrow(
      new FormatError(`${path} is no checkpoint: its metadata has no pnn.checkpoint`),
    );
  });

  it('refuse one of another version by a sentence that names both, and leave it as it is', async () => {
    const path = join(folder, 'old.safetensors');
    await saveCheckpoint(path, await trainedCheckpoint());
    const { tensors, metadata } = await loadSafetensors(path);
    const old = { ...JSON.parse(metadata['pnn.checkpoint']!), version: 1 };
    await saveSafetensors(path, tensors, { metadata: { ...metadata, 'pnn.checkpoint': JSON.stringify(old) } });
    const before = await readFile(path);
    await expect(loadCheckpoint(path)).rejects.toThrow(
      new FormatError(
        `${path} is a checkpoint of version 1, and this program reads version 2: ` +
          'go on with the program that wrote it, or train from the beginning',
      ),
    );
    expect(await readFile(path)).toEqual(before);
  });
});
