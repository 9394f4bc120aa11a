import { DeviceError } from '../../errors.js';
import { linearMemory } from '../../memory.js';
import { type ExportName, modules } from './generated/modules.js';

/** The instructions that a module uses: 128-bit SIMD, or also its relaxed ones, which multiply and add in one step. */
export type InstructionSet = keyof typeof modules;

/** The functions of a module; see kernels/task.ts for what they take. */
export type KernelExports = Readonly<Record<ExportName, (task: number, block: number, scratch: number) => number>>;

/** A kernel without the functions that say how it is cut into blocks and what memory it needs. */
export type KernelName = Exclude<ExportName, `${string}Blocks` | `${string}Scratch` | `${string}Shared`>;

function bytesOf(instructionSet: InstructionSet): Uint8Array<ArrayBuffer> {
  const shared = typeof SharedArrayBuffer !== 'undefined' && linearMemory.memory.buffer instanceof SharedArrayBuffer;
  const encoded = modules[instructionSet][shared ? 'shared' : 'unshared'];
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}

/** Whether the platform runs these instructions. */
export function isSupported(instructionSet: InstructionSet): boolean {
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(bytesOf(instructionSet));
}

/**
 * The module with these instructions, for the linear memory.
 *
 * @throws DeviceError where the platform lacks the instructions
 */
export function compile(instructionSet: InstructionSet): WebAssembly.Module {
  if (!isSupported(instructionSet)) {
    throw new DeviceError(
      `wasm: this platform does not run WebAssembly with 128-bit SIMD (${instructionSet}): use the device reference`,
    );
  }
  return new WebAssembly.Module(bytesOf(instructionSet));
}

/** The kernels of a module over the linear memory. */
export function instantiate(module: WebAssembly.Module): KernelExports {
  const { exports } = new WebAssembly.Instance(module, { env: { memory: linearMemory.memory } });
  return exports as KernelExports;
}
