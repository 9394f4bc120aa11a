import { PnnError } from '@pnn/nn';
import { modules } from './generated/modules.js';

/** The kernels of `kernels/`; each computes one block of a task. */
export type KernelName =
  | 'add'
  | 'addScalar'
  | 'centerLast'
  | 'decode'
  | 'decodeKey'
  | 'digits'
  | 'divideByLast'
  | 'encode'
  | 'expandSeed'
  | 'extend'
  | 'extendedInnerProduct'
  | 'innerProduct'
  | 'multiply'
  | 'multiplyPlain'
  | 'multiplyScalar'
  | 'negate'
  | 'prepareModulus'
  | 'redraw'
  | 'subtract'
  | 'sumOfProducts'
  | 'transform'
  | 'transformBack'
  | 'transformIntegers'
  | 'weightedSums';

/** A kernel: the block, the address of memory for itself, and what it is told, addresses and sizes. */
export type Kernel = (block: number, scratch: number, ...task: number[]) => void;

/** What a module exports. */
export type KernelExports = Readonly<Record<KernelName, Kernel>> & { isFused(): number };

/** Instructions that kernels use: with relaxed SIMD, products of numbers below 2^50 are exact in double precision. */
export type InstructionSet = keyof typeof modules;

/** The platform cannot run the kernels. */
export class PlatformError extends PnnError {
  override readonly name = 'PlatformError';
}

/** The instructions that give the fastest kernels here. */
export function bestInstructions(): InstructionSet {
  return WebAssembly.validate(bytesOf('relaxedSimd')) ? 'relaxedSimd' : 'simd';
}

function bytesOf(instructions: InstructionSet): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(modules[instructions]), (character) => character.charCodeAt(0));
}

/**
 * Compiles the kernels.
 *
 * @throws PlatformError where the platform lacks the instructions
 */
export function compile(instructions: InstructionSet): WebAssembly.Module {
  const bytes = bytesOf(instructions);
  if (!WebAssembly.validate(bytes)) {
    throw new PlatformError(`this platform does not run WebAssembly with threads and 128-bit SIMD (${instructions})`);
  }
  return new WebAssembly.Module(bytes);
}

let chosen: WebAssembly.Module | undefined;

/** Has evaluators with relaxed SIMD take this module from now on. */
export function chooseModule(module: WebAssembly.Module): void {
  chosen = module;
}

/**
 * The module that evaluators take: the one that was chosen, or a compiled one.
 *
 * @throws PlatformError where the platform lacks the instructions
 */
export function moduleFor(instructions: InstructionSet): WebAssembly.Module {
  return chosen && instructions === 'relaxedSimd' ? chosen : compile(instructions);
}

/** The kernels of a module over a memory. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
}
