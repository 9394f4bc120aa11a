import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { type GpuWay, gpuWays } from './ours/gpu/device.js';
import { peerNames } from './programs.js';
import type { Workload } from './workload.js';

/** What --help shows. */
export const help = `Measures kernels and training steps, each against the floor that the machine sets it, and beside other libraries.

npm run bench -- [options]
  --filter TEXT     only workloads with TEXT in their names; several with commas or repeated
  --threads LIST    numbers of threads, such as 1,2: 1 where nothing is said
  --peers [LIST]    also other libraries, turn by turn with this one: all of them, or those with such names, such as
                    pytorch,gpu.js: ${peerNames.join(', ')}
  --gpu [WAYS]      also this library on a GPU, turn by turn likewise, in every way that the machine has, or in those with
                    such names, such as wgsl,webgl2: by the device webgpu (wgsl), and by gpu.js in its modes:
                    ${gpuWays.join(', ')}
  --device NAME     wasm (where nothing is said) or reference
  --quick           few repetitions: shows that everything runs, not how fast
  --json FILE       also writes the results to FILE
  --list            names the workloads and ends
  --help            shows this

The spread is the distance between the quartiles of the durations as a share of their median. The floor is the larger of
the operations that the formula needs over the peak of the processor's SIMD instructions in WebAssembly and the bytes read
and written over the bandwidth, both measured by the same process between the repetitions; for several passes over the data
it is the sum of theirs.

A row of a GPU is the work over inputs that lie on the device, until its results are there. Upload of the inputs and
readback of the results stand beside it, and what it costs to wait for nothing. webgl2, and wgsl and webgpu where Node has no
WebGPU, run in headless Chromium, by the GPU where it finds one.

Peers in JavaScript come with npm ci --prefix benchmarks; NumPy and PyTorch are taken from the first python3 on the path that
has them, or from the one that the environment variable PNN_PYTHON names.`;

/** A wrong call: told in one sentence. */
export class UsageError extends Error {}

/** What was asked for. */
export interface Options {
  readonly filter: readonly string[];
  readonly threads: readonly number[];
  readonly peers: readonly string[];
  readonly gpu: readonly GpuWay[];
  readonly device: 'wasm' | 'reference';
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly list: boolean;
  readonly help: boolean;
}

/** An option without its value stands for all. */
function completed(args: readonly string[]): string[] {
  const all: Readonly<Record<string, readonly string[]>> = { '--peers': peerNames, '--gpu': gpuWays };
  return args.map((arg, i) => {
    const names = all[arg];
    return names && (args[i + 1] ?? '-').startsWith('-') ? `${arg}=${names.join()}` : arg;
  });
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: completed(args),
      options: {
        filter: { type: 'string', multiple: true, default: [] },
        threads: { type: 'string', default: '1' },
        peers: { type: 'string', default: '' },
        gpu: { type: 'string', default: '' },
        device: { type: 'string', default: 'wasm' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    // Of Node's advice only the first sentence is about the mistake.
    throw new UsageError(`${(error as Error).message.split('. ')[0]}: see --help`);
  }
}

const split = (list: string): string[] => list.split(',').filter((entry) => entry !== '');

function threadsOf(list: string): number[] {
  const threads = split(list).map(Number);
  const areCounts = threads.length > 0 && threads.every((count) => Number.isInteger(count) && count >= 1);
  if (!areCounts) throw new UsageError(`--threads ${list}: numbers of 1 or more, such as 1,2`);
  return threads;
}

/** Those of the names that begin as one of the list does. */
function chosenNames<Name extends string>(option: string, list: string, names: readonly Name[]): Name[] {
  const given = split(list);
  const unknown = given.find((part) => !names.some((name) => name.startsWith(part)));
  if (unknown !== undefined) throw new UsageError(`${option} ${unknown}: there are ${names.join(', ')}`);
  return names.filter((name) => given.some((part) => name.startsWith(part)));
}

function checkWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch {
    throw new UsageError(`--json ${file}: the folder does not exist or cannot be written to`);
  }
}

/** @throws UsageError where they cannot be understood or met */
export function readOptions(args: readonly string[]): Options {
  const { filter, threads, peers, gpu, device, json, ...rest } = parse(args);
  if (device !== 'wasm' && device !== 'reference') throw new UsageError(`--device ${device}: wasm or reference`);
  if (json !== undefined) checkWritable(json);
  return {
    ...rest,
    filter: filter.flatMap(split),
    threads: threadsOf(threads),
    peers: chosenNames('--peers', peers, peerNames),
    gpu: chosenNames('--gpu', gpu, gpuWays),
    device,
    json,
  };
}

/** @throws UsageError where there is none */
export function chosenFrom(workloads: readonly Workload[], filter: readonly string[]): readonly Workload[] {
  const chosen = workloads.filter(({ name }) => filter.length === 0 || filter.some((part) => name.includes(part)));
  if (chosen.length === 0) {
    throw new UsageError(`--filter ${filter.join()}: no workload has that in its name: see --list`);
  }
  return chosen;
}
