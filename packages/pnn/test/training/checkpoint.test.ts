import { FormatError, ReduceLROnPlateau, StateDictError } from '@pnn/nn';
import { describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  checkpointMetadata,
  type EpochRecord,
  parseCheckpoint,
  restoreCheckpoint,
  Trainer,
  takeCheckpoint,
} from '../../src/index.js';
import { all, blobLoader, networkBits, toyNetwork, toyTrainer } from './toy.js';

/** The checkpoint as it comes back from the metadata of a file. */
function throughMetadata({ tensors, state }: Checkpoint): Checkpoint {
  return parseCheckpoint({ tensors, metadata: checkpointMetadata(state) }, 'toy');
}

describe('takeCheckpoint', () => {
  it('is a snapshot: training on does not change it', async () => {
    const trainer = toyTrainer({ lambda: 1 });
    const epochs: EpochRecord[] = await all(trainer.fit(blobLoader(), { epochs: 1 }));
    const checkpoint = await takeCheckpoint(trainer, epochs, { note: 'mine' });
    const before = structuredClone({ tensors: checkpoint.tensors, state: checkpoint.state });
    epochs.push(...(await all(trainer.fit(blobLoader(), { epochs: 2 }))));
    expect({ tensors: checkpoint.tensors, state: checkpoint.state }).toEqual(before);
    expect(checkpoint.state.settings).toEqual({ note: 'mine' });
  });

  it('survives JSON with its numbers that are not finite', async () => {
    const trainer = toyTrainer();
    const [epoch] = await all(trainer.fit(blobLoader(), { epochs: 1 }));
    const overflowed: EpochRecord = {
      ...epoch!,
      validationLoss: Number.NaN,
      layers: epoch!.layers.map((layer) => ({
        ...layer,
        validation: { maxAbs: Number.POSITIVE_INFINITY, q999: Number.NEGATIVE_INFINITY, shareOutside: 1 },
      })),
    };
    const checkpoint = await takeCheckpoint(trainer, [overflowed], { words: ['NaN', 'Infinity'], of: Number.NaN });
    const restored = throughMetadata(checkpoint);
    expect(restored.state).toEqual({ ...checkpoint.state, progress: restored.state.progress });
    expect(restored.state.epochs).toEqual([overflowed]);
    expect(restored.state.settings).toEqual({ words: ['NaN', 'Infinity'], of: Number.NaN });
  });
});

describe('restoreCheckpoint', () => {
  it('refuses what was taken of another network, optimiser or scheduler, and changes nothing then', async () => {
    const checkpoint = await takeCheckpoint(toyTrainer());
    const wider = toyTrainer({ activation: { degree: 6 } });
    const bits = networkBits(wider.network);
    expect(() => restoreCheckpoint(wider, checkpoint)).toThrow(StateDictError);
    expect(networkBits(wider.network)).toEqual(bits);
    expect(() => restoreCheckpoint(toyTrainer({ adam: { maxNorm: 2 } }), checkpoint)).toThrow(
      /options.maxNorm is 1 instead of 2/,
    );
    const plain = toyTrainer();
    const { optimizer } = plain.options;
    const scheduled = new Trainer(plain.network, { optimizer, scheduler: new ReduceLROnPlateau(optimizer) });
    expect(() => restoreCheckpoint(scheduled, checkpoint)).toThrow(StateDictError);
    const other = await takeCheckpoint(scheduled);
    expect(() => restoreCheckpoint(plain, other)).toThrow(/was taken with a scheduler/);
  });

  it('brings calibrated bounds back, with the polynomials that belong to them', async () => {
    const trainer = toyTrainer({ calibration: { steps: 1 } });
    await all(trainer.fit(blobLoader(), { epochs: 1 }));
    const checkpoint = await takeCheckpoint(trainer);
    const fresh = toyTrainer({ calibration: { steps: 1 } });
    restoreCheckpoint(fresh, checkpoint);
    expect(networkBits(fresh.network)).toEqual(networkBits(trainer.network));
    expect(fresh.network.toString()).toBe(trainer.network.toString());
    expect(fresh.network.toString()).not.toBe(toyNetwork().toString());
  });
});

describe('parseCheckpoint', () => {
  const parse = (metadata: Record<string, string>) => () => parseCheckpoint({ tensors: new Map(), metadata }, 'x.st');

  it.each([
    [{}, 'x.st is no checkpoint: its metadata has no pnn.checkpoint'],
    [{ 'pnn.checkpoint': '{"version":1' }, 'x.st: the metadata pnn.checkpoint is no JSON'],
    [{ 'pnn.checkpoint': 'null' }, 'x.st: checkpoint version undefined is not known, only 1 is'],
    [{ 'pnn.checkpoint': '{"version":2}' }, 'x.st: checkpoint version 2 is not known, only 1 is'],
    [{ 'pnn.checkpoint': '{"version":1}' }, 'x.st is a checkpoint of which parts are missing'],
    [
      { 'pnn.checkpoint': '{"version":1,"progress":{},"optimizer":{},"random":null,"epochs":[]}' },
      'x.st is a checkpoint of which parts are missing',
    ],
  ])('refuses %o', (metadata, message) => {
    expect(parse(metadata as Record<string, string>)).toThrow(new FormatError(message));
  });
});
