import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Device } from '../device.js';
import { chooseModule, chosenInstructions, isModuleTaken, isWideChosen } from '../devices/wasm/chosen-module.js';
import { deviceWith } from '../devices/wasm/index.js';
import { compile, type InstructionSet, instantiate, type KernelModule } from '../devices/wasm/instance.js';
import { ArgumentError, DeviceError } from '../errors.js';
import { scope } from '../scope.js';
import { kernelSamples, sampleOperands } from './kernel-samples.js';

/** The first Node whose compiler for WebAssembly packs vectors: that of V8 13.6. */
const FIRST_NODE = 24;

/** What x and y of the samples are: several groups of every kernel, and pieces of them. */
const SAMPLE_SHAPE = [3, 5, 13, 18] as const;

/** What decides whether V8 packs vectors. */
export interface WidePlatform {
  /** The version of Node. */
  readonly node: string;
  /** Whether this Node was built with the pass. */
  readonly hasPass: boolean;
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
export function obstacleOn({ node, hasPass, system, arch, flags, width }: WidePlatform): string | undefined {
  if (width === '128') return 'PNN_SIMD is 128';
  if (width && width !== '256') throw new ArgumentError(`PNN_SIMD must be 128 or 256, not ${width}`);
  if (Number.parseInt(node, 10) < FIRST_NODE) {
    return `Node ${node} does not pack vectors: Node ${FIRST_NODE} and later do`;
  }
  if (!hasPass) return `this build of Node ${node} does not pack vectors`;
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
  const { variables } = process.config as { readonly variables: Readonly<Record<string, unknown>> };
  return {
    node: versions.node,
    hasPass: variables.v8_enable_wasm_simd256_revec === 1,
    system: platform,
    arch,
    flags: processorFlags(),
    width: env.PNN_SIMD,
  };
}

/**
 * Why `enableWideSimd` cannot be used here, in a sentence; undefined where it can. It can with Node 24 or later on a processor
 * with AVX2, where the system tells that it has it (Linux does), before the first `wasm()`, unless the environment variable
 * PNN_SIMD is 128.
 *
 * @throws ArgumentError where PNN_SIMD is neither 128 nor 256
 */
export function wideSimdObstacle(): string | undefined {
  if (isModuleTaken() && !isWideChosen())
    return 'the device wasm is in use: its kernels are chosen at the first wasm()';
  return obstacleOn(platformHere());
}

/** What every kernel computes from some numbers, as bytes by the name of the sample. */
function samplesOn(device: Device): ReadonlyMap<string, readonly Buffer[]> {
  return scope(() => {
    const operands = sampleOperands(device, SAMPLE_SHAPE, 1);
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

/** Whether Node was started with a flag of V8. */
function isGiven(flag: string): boolean {
  return [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)].includes(flag);
}

/** How V8 compiles the module: all of it at once, by the compiler that packs, so that the trial is of the code that is kept. */
const COMPILING = [
  ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'],
  ['--no-liftoff', '--liftoff'],
  ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation'],
] as const;

/** Why V8 does not join vectors of 128 bits here, in a sentence; undefined where `compileWide` has it do so. */
export function compileWideObstacle(): string | undefined {
  return obstacleOn(platformHere());
}

/**
 * Compiles what `compile` makes a module of to instructions of 256 bits, where it computes with two vectors side by side. V8's
 * flags are then as before, so that no other module is compiled so. Compare results with those of 128 bits: they must be the same.
 *
 * @returns what `compile` does
 */
export function compileWide<T>(compile: () => T): T {
  const changed = COMPILING.filter(([flag]) => !isGiven(flag));
  try {
    for (const [flag] of changed) setFlagsFromString(flag);
    return compile();
  } finally {
    for (const [, before] of changed) setFlagsFromString(before);
  }
}

/** The kernels, compiled to instructions of 256 bits. */
export function compilePacked(instructions: InstructionSet): KernelModule {
  return compileWide(() => compile(instructions, true));
}

/**
 * Has V8 join two vectors of 128 bits to one of 256 wherever kernels compute with two side by side: products of matrices take
 * half of the time. To be called before the first `wasm()`; workers follow. V8 calls the pass experimental, so it is a choice,
 * and the kernels are tried first: where any of them gives another bit than without, a line on stderr says so, and all goes on
 * with 128 bits. Results have the same bits at either width. Another call changes nothing.
 *
 * @returns whether kernels compute with 256 bits from now on
 * @throws DeviceError where that is not possible, with the reason that `wideSimdObstacle` gives
 * @throws ArgumentError where the environment variable PNN_SIMD is neither 128 nor 256
 */
export function enableWideSimd(): boolean {
  const obstacle = wideSimdObstacle();
  if (obstacle !== undefined) throw new DeviceError(`enableWideSimd: ${obstacle}`);
  if (isWideChosen()) return true;
  const instructions = chosenInstructions();
  const expected = samplesOn(deviceWith(instantiate(compile(instructions))));
  const module = compilePacked(instructions);
  const different = differences(expected, samplesOn(deviceWith(instantiate(module))));
  if (different.length === 0) {
    chooseModule(module);
    return true;
  }
  console.error(`wasm: kernels compute with 128 bits: with 256, other bits come from ${different.join(', ')}`);
  return false;
}
