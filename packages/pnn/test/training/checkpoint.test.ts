import { FormatError, ReduceLROnPlateau, StateDictError } from '@pnn/nn';
import { describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  checkpointMetadata,
  dualAscent,
  type EpochRecord,
  evaluate,
  parseCheckpoint,
  polynomialActivations,
  restoreCheckpoint,
  Trainer,
  takeCheckpoint,
} from '../../src/index.js';
import { mutationsOf } from '../codec/mutations.js';
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
    const checkpoint = await takeCheckpoint(trainer, [overflowed], { words: ['NaN', 'Infinity'] });
    const restored = throughMetadata(checkpoint);
    expect(restored.state).toEqual({ ...checkpoint.state, progress: restored.state.progress });
    expect(restored.state.epochs).toEqual([overflowed]);
    expect(restored.state.settings).toEqual({ words: ['NaN', 'Infinity'] });
  });
});

describe('restoreCheckpoint', () => {
  it('refuses what was taken of another network, optimizer or scheduler, and changes nothing then', async () => {
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

  it.each([0, 1, 3, 4])('brings back whether the warm-up was going on: after step %i of 3 and more', async (steps) => {
    const stop = new AbortController();
    if (steps === 0) stop.abort();
    const calibration = { steps: 3 };
    const trainer = toyTrainer({ calibration, onStep: ({ step }) => step === steps && stop.abort() });
    await all(trainer.fit(blobLoader(96), { epochs: 1, signal: stop.signal }));
    const fresh = toyTrainer({ calibration });
    restoreCheckpoint(fresh, throughMetadata(await takeCheckpoint(trainer)));
    const inUse = ({ network }: Trainer) => polynomialActivations(network).map(([, each]) => each.approximating);
    expect(inUse(fresh)).toEqual(inUse(trainer));
    expect(inUse(fresh)).toEqual([steps === 0 || steps === 4]);
    const test = () => blobLoader(48, { shuffle: false });
    expect((await evaluate(fresh.network, test())).loss).toBe((await evaluate(trainer.network, test())).loss);
  });
});

describe('parseCheckpoint', () => {
  const parse = (metadata: Record<string, string>) => () => parseCheckpoint({ tensors: new Map(), metadata }, 'x.st');

  it.each([
    [{}, /^x\.st is no checkpoint: its metadata has no pnn\.checkpoint$/],
    [{ 'pnn.checkpoint': '{"version":2' }, /^x\.st: pnn\.checkpoint is no JSON: /],
    [{ 'pnn.checkpoint': 'null' }, /^x\.st: pnn\.checkpoint must be an object, not null$/],
    [
      { 'pnn.checkpoint': '{"version":1}' },
      /^x\.st is a checkpoint of version 1, and this program reads version 2: go on with the program that wrote it, or/,
    ],
    [{ 'pnn.checkpoint': '{"version":2}' }, /^x\.st: pnn\.checkpoint\.progress must be an object, not nothing$/],
  ])('refuses %o', (metadata, message) => {
    expect(parse(metadata as Record<string, string>)).toThrow(FormatError);
    expect(parse(metadata as Record<string, string>)).toThrow(message);
  });

  /** A checkpoint with everything in it that one can have. */
  async function fullCheckpoint(): Promise<Checkpoint> {
    const plain = toyTrainer({ lambda: dualAscent() });
    const { optimizer } = plain.options;
    plain.dispose();
    const trainer = new Trainer(plain.network, {
      ...plain.options,
      scheduler: new ReduceLROnPlateau(optimizer),
      onStep: ({ step }) => step === 6 && abort.abort(),
    });
    const abort = new AbortController();
    const options = { epochs: 2, validation: blobLoader(12), signal: abort.signal };
    const epochs = await all(trainer.fit(blobLoader(), options));
    expect(epochs).toHaveLength(1);
    return takeCheckpoint(trainer, epochs, { anything: [1, null] });
  }

  it('gives back what was encoded, in any place of an epoch', async () => {
    const checkpoint = await fullCheckpoint();
    expect(throughMetadata(checkpoint)).toEqual(checkpoint);
    const fresh = await takeCheckpoint(toyTrainer());
    expect(throughMetadata(fresh)).toEqual({ ...fresh, state: JSON.parse(JSON.stringify(fresh.state)) });
  });

  it('names the place of anything that is wrong by a FormatError, and throws nothing else', async () => {
    const { state } = await fullCheckpoint();
    const bins = state.progress.ranges.map((range) => ({ ...range, counts: range.counts.slice(0, 2) }));
    const small = { ...state, progress: { ...state.progress, ranges: bins } };
    for (const mutations of mutationsOf(JSON.parse(JSON.stringify(small)))) {
      let refused = 0;
      for (const { path, value } of mutations) {
        try {
          parse({ 'pnn.checkpoint': JSON.stringify(value) ?? 'null' })();
        } catch (error) {
          refused++;
          expect(error, path).toBeInstanceOf(FormatError);
          if (path === '.version') continue;
          const named = (error as Error).message.replace('x.st: pnn.checkpoint', '').split(' must be ')[0]!;
          expect(named.startsWith(path) || path.startsWith(named), `${path}: ${(error as Error).message}`).toBe(true);
        }
      }
      if (!mutations[0]!.path.startsWith('.settings')) expect(refused, mutations[0]!.path).toBeGreaterThan(0);
    }
  });
});
