import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeWav, encodeWav, type WavEncoding } from '@pnn/data';
import { parseReport, stringifyReport } from '@pnn/lab';
import {
  buildModel,
  type DescribedNetwork,
  decodeNetworkFile,
  encodeNetworkFile,
  type ModelSpec,
  type SavedNetwork,
} from '@pnn/models';
import { loadNetwork, saveNetwork } from '@pnn/models/node';
import {
  decodeNpy,
  decodeSafetensors,
  encodeNpy,
  encodeSafetensors,
  type HostArray,
  scope,
  sizeOf,
  zeros,
} from '@pnn/nn';
import { loadNpy, loadSafetensors, saveNpy, saveSafetensors } from '@pnn/nn/node';
import { activationFactory, type Checkpoint, defaultPolynomial, type MethodSpec, takeCheckpoint } from '@pnn/pnn';
import { loadCheckpoint, saveCheckpoint } from '@pnn/pnn/node';
import { exampleReport } from '../../packages/lab/test/report/example-report.js';
import { all, blobLoader, toyTrainer } from '../../packages/pnn/test/training/toy.js';

/** A file of some format, and what reads it. */
export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Reads changed bytes; says what is wrong with what was read, where it was not refused. */
  read(mutated: Uint8Array, original: Uint8Array): Promise<string | undefined>;
}

/** What is wrong with an array that was read. */
function wrongArray({ shape, data }: HostArray): string | undefined {
  return data.length === sizeOf(shape) ? undefined : `${data.length} elements are not those of [${shape}]`;
}

function firstWrong(arrays: Iterable<HostArray>): string | undefined {
  for (const array of arrays) {
    const wrong = wrongArray(array);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const arrays: ReadonlyMap<string, HostArray> = new Map([
  ['weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, -0, 60000) }],
  ['bias', { dtype: 'float64', shape: [2], data: Float64Array.of(0.1, -1e-300) }],
  ['labels', { dtype: 'int32', shape: [3], data: Int32Array.of(0, -1, 2 ** 31 - 1) }],
]);

const mlp: ModelSpec = { name: 'mlp', widths: [4], order: 'normalization-first', dropout: 0 };

/** Saves by `write`, and reads by `read` whatever is put in the place of the file. */
async function stored(
  path: string,
  write: (path: string) => Promise<void>,
  read: (path: string, isChanged: boolean) => Promise<string | undefined>,
): Promise<Sample> {
  await write(path);
  const bytes = new Uint8Array(await readFile(path));
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    bytes,
    read: async (mutated, original) => {
      await writeFile(path, mutated);
      const isChanged = mutated.length !== original.length || mutated.some((byte, i) => byte !== original[i]);
      return read(path, isChanged);
    },
  };
}

const inputShape = [1, 3, 3];

/** A network of random weights that need no training. */
function describedNetwork(): DescribedNetwork {
  const bound = { kind: 'fixed', bound: 4 } as const;
  const method: MethodSpec = {
    target: 'silu',
    polynomial: { ...defaultPolynomial, degree: 6, learnable: true, bound },
  };
  const network = buildModel(mlp, { inputShape, outputs: 2, activation: activationFactory(method) });
  const described = { network, model: mlp, method, inputShape, inputType: 'float32', outputs: 2 } as const;
  return { ...described, normalization: null, classes: ['a', 'b'] };
}

/** What is wrong with the outputs of a network that was read. */
function wrongNetwork({ network, description }: SavedNetwork): string | undefined {
  const { shape } = scope(() => network.forward(zeros([1, ...description.inputShape])));
  network.dispose();
  return shape.length === 2 ? undefined : `its output is [${shape}]`;
}

/** Sound in every encoding. */
function soundSamples(): Sample[] {
  const sound = { sampleRate: 8000, channels: [Float32Array.of(0.1, -0.5, 1), Float32Array.of(0, 0.25, -1)] };
  const encodings: readonly WavEncoding[] = ['pcm8', 'pcm16', 'pcm24', 'pcm32', 'float32', 'float64'];
  return encodings.map((encoding) => ({
    name: `${encoding}.wav`,
    bytes: encodeWav(sound, encoding),
    read: async (mutated) => {
      const { channels } = decodeWav(mutated, 'sound.wav');
      const frames = channels[0]?.length ?? 0;
      const isWhole = frames > 0 && channels.every((each) => each.length === frames && each.every(Number.isFinite));
      return isWhole ? undefined : 'its channels are not finite samples of one length';
    },
  }));
}

/** Bytes of every format of this software, read in memory. */
export async function samplesInMemory(): Promise<readonly Sample[]> {
  const [run] = exampleReport().runs;
  const report = { ...exampleReport(), runs: [{ ...run!, epochs: run!.epochs.slice(0, 1) }] };
  return [
    {
      name: 'array.npy',
      bytes: encodeNpy(arrays.get('weight')!),
      read: async (mutated) => wrongArray(decodeNpy(mutated, 'array.npy')),
    },
    {
      name: 'arrays.safetensors',
      bytes: encodeSafetensors(arrays, { metadata: { note: 'soak' } }),
      read: async (mutated) => firstWrong(decodeSafetensors(mutated, 'arrays.safetensors').tensors.values()),
    },
    {
      name: 'halves.safetensors',
      bytes: encodeSafetensors(arrays, { storeFloat32As: 'float16' }),
      read: async (mutated) => firstWrong(decodeSafetensors(mutated, 'halves.safetensors').tensors.values()),
    },
    {
      name: 'network.safetensors',
      bytes: await encodeNetworkFile(describedNetwork()),
      read: async (mutated) => wrongNetwork(decodeNetworkFile(mutated, 'network.safetensors')),
    },
    {
      name: 'report.json',
      bytes: new TextEncoder().encode(stringifyReport(report)),
      read: async (mutated) => {
        const read = parseReport(new TextDecoder().decode(mutated));
        return stringifyReport(parseReport(stringifyReport(read))) === stringifyReport(read)
          ? undefined
          : 'it is another one when it is written and read again';
      },
    },
    ...soundSamples(),
  ];
}

/** Files of every format that has one, saved in the folder. */
export async function samplesOnDisk(folder: string): Promise<readonly Sample[]> {
  const file = (name: string) => join(folder, name);
  const trainer = toyTrainer({ lambda: 1 });
  const epochs = await all(trainer.fit(blobLoader(24), { epochs: 1 }));
  const checkpoint: Checkpoint = await takeCheckpoint(trainer, epochs, { note: 'soak' });
  return [
    await stored(
      file('array.npy'),
      (path) => saveNpy(path, arrays.get('weight')!),
      async (path) => wrongArray(await loadNpy(path)),
    ),
    await stored(
      file('arrays.safetensors'),
      (path) => saveSafetensors(path, arrays, { metadata: { note: 'soak' } }),
      async (path) => firstWrong((await loadSafetensors(path)).tensors.values()),
    ),
    await stored(
      file('checkpoint.safetensors'),
      (path) => saveCheckpoint(path, checkpoint),
      async (path, isChanged) => {
        await loadCheckpoint(path);
        return isChanged ? 'a checkpoint is never other than it was written' : undefined;
      },
    ),
    await stored(
      file('network.safetensors'),
      (path) => saveNetwork(path, describedNetwork()),
      async (path) => wrongNetwork(await loadNetwork(path)),
    ),
  ];
}
