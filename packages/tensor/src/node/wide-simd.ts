import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { normal } from '../creation.js';
import type { Device } from '../device.js';
import { chooseModule, chosenInstructions, isModuleTaken, isWideChosen } from '../devices/wasm/chosen-module.js';
import { deviceWith } from '../devices/wasm/index.js';
import { compile, instantiate } from '../devices/wasm/instance.js';
import { ArgumentError, DeviceError } from '../errors.js';
import { Generator } from '../random.js';
import { scope } from '../scope.js';
import { kernelSamples } from './kernel-samples.js';

/** The first Node whose compiler for WebAssembly packs vectors: that of V8 13.6. */
const FIRST_NODE = 24;
const FLAG = 'experimental-wasm-revectorize';

/** What x and y of the samples are: several groups of every kernel, and pieces of them. */
const SAMPLE_SHAPE = [3, 5, 13, 18] as const;

/** What decides whether V8 packs vectors. */
export interface WidePlatform {
  /** The version of Node. */
  readonly node: string;
  readonly system: string;
  readonly arch: string;
  /** The flags of the processor; undefined where the system does not tell them. */
  readonly flags: ReadonlySet<string> | undefined;
  /** The environment variable PNN_SIMD. */
  readonly width: string | undefined;
}

/**
 * Why V8 does not pack vectors there, or is not to.
 *
 * @throws ArgumentError where PNN_SIMD is no width
 */
export function obstacleOn({ node, system, arch, flags, width }: WidePlatform): string | undefined {
  if (width === '128') return 'PNN_SIMD is 128';
  if (width && width !== '256') throw new ArgumentError(`PNN_SIMD must be 128 or 256, not ${width}`);
  if (Number.parseInt(node, 10) < FIRST_NODE) {
    return `Node ${node} does not pack vectors: Node ${FIRST_NODE} and later do`;
  }
  if (arch !== 'x64') return `vectors are packed on x64 alone, and this is ${arch}`;
  if (!flags) return `${system} does not tell whether the processor has AVX2`;
  return flags.has('avx2') ? undefined : 'the processor has no AVX2';
}

function processorFlags(): ReadonlySet<string> | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const [, flags] = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    return flags === undefined ? undefined : new Set(flags.trim().split(/\s+/));
  } catch {
    return undefined;
  }
}

/** The platform that this runs on. */
export function platformHere(): WidePlatform {
  const { platform, arch, versions, env } = process;
  return { node: versions.node, system: platform, arch, flags: processorFlags(), width: env.PNN_SIMD };
}

/**
 * Why `enableWideSimd` cannot be used here, in a sentence; undefined where it can. It can with Node 24 or later on a processor
 * with AVX2, where the system tells that it has it (Linux does), before the first `wasm()`, unless the environment variable
 * PNN_SIMD is 128.
 *
 * @throws ArgumentError where PNN_SIMD is neither 128 nor 256
 */
export function wideSimdObstacle(): string | undefined {
  if (isModuleTaken() && !isWideChosen()) return 'the device wasm is in use: it is chosen before the first wasm()';
  return obstacleOn(platformHere());
}

/** What every kernel computes from some numbers, as bytes by the name of the sample. */
function samplesOn(device: Device): ReadonlyMap<string, readonly Buffer[]> {
  return scope(() => {
    const generator = new Generator(1);
    const draw = (shape: readonly number[]) => normal(shape, 0, 2, { device, generator });
    const operands = { x: draw(SAMPLE_SHAPE), y: draw(SAMPLE_SHAPE), draw };
    return new Map(
      Object.entries(kernelSamples).map(([name, compute]) => [
        name,
        scope(() =>
          compute(operands).map((tensor) => {
            const { buffer, byteOffset, byteLength } = tensor.dataSync();
            return Buffer.from(Buffer.from(buffer, byteOffset, byteLength));
          }),
        ),
      ]),
    );
  });
}

/** The samples that differ in a bit. */
function differences(a: ReadonlyMap<string, readonly Buffer[]>, b: ReadonlyMap<string, readonly Buffer[]>): string[] {
  return [...a].flatMap(([name, results]) =>
    results.every((bytes, i) => bytes.equals(b.get(name)![i]!)) ? [] : [name],
  );
}

/**
 * Has V8 join two vectors of 128 bits to one of 256 wherever kernels compute with two side by side: products of matrices take
 * half of the time. To be called before the first `wasm()`; workers follow. V8 calls the pass experimental, so it is a choice,
 * and the kernels are tried first: where any of them gives another bit than without, a line on stderr says so, and all goes on
 * with 128 bits. Results have the same bits at either width. Another call changes nothing.
 *
 * @returns whether kernels compute with 256 bits from now on
 * @throws DeviceError where that is not possible, with the reason that `wideSimdObstacle` gives
 */
export function enableWideSimd(): boolean {
  const obstacle = wideSimdObstacle();
  if (obstacle !== undefined) throw new DeviceError(`enableWideSimd: ${obstacle}`);
  if (isWideChosen()) return true;
  const instructions = chosenInstructions();
  const expected = samplesOn(deviceWith(instantiate(compile(instructions))));
  setFlagsFromString(`--${FLAG}`);
  // So that the trial is of the code that is kept: V8 compiles all of it at once, by the compiler that packs.
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  const module = compile(instructions, true);
  setFlagsFromString('--liftoff');
  setFlagsFromString('--wasm-lazy-compilation');
  const different = differences(expected, samplesOn(deviceWith(instantiate(module))));
  if (different.length === 0) {
    chooseModule(module);
    return true;
  }
  setFlagsFromString(`--no-${FLAG}`);
  console.error(`wasm: kernels compute with 128 bits: with 256, other bits come from ${different.join(', ')}`);
  return false;
}
