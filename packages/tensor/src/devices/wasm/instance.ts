import { DeviceError } from '../../errors.js';
import { linearMemory } from '../host/linear-memory.js';
import { type ExportName, modules } from './generated/modules.js';

/** The instructions that a module uses: 128-bit SIMD, or also its relaxed ones, which multiply and add in one step. */
export type InstructionSet = keyof typeof modules;

/** A compiled module, and whether it is told that the platform takes two vectors side by side for one of 256 bits. */
export interface KernelModule {
  readonly module: WebAssembly.Module;
  readonly wide: boolean;
}

/** The functions of a module; see kernels/task.ts for what they take. */
export type KernelExports = Readonly<Record<ExportName, (task: number, block: number, scratch: number) => number>>;

/** How an imported memory is that has a largest size: https://github.com/WebAssembly/threads. */
const SHARED = 3;
const UNSHARED = 1;

/** The module for the linear memory as it is on this platform. */
function bytesOf(instructionSet: InstructionSet): Uint8Array<ArrayBuffer> {
  const { code, memoryFlags } = modules[instructionSet];
  const bytes = Uint8Array.from(atob(code), (character) => character.charCodeAt(0));
  const shared = typeof SharedArrayBuffer !== 'undefined' && linearMemory.memory.buffer instanceof SharedArrayBuffer;
  bytes[memoryFlags] = shared ? SHARED : UNSHARED;
  return bytes;
}

/** What the platform was found to run. What it did not run is tried again: Node 20 can be told to. */
const supported = new Map<InstructionSet, Uint8Array<ArrayBuffer>>();

function supportedBytes(instructionSet: InstructionSet): Uint8Array<ArrayBuffer> | undefined {
  const known = supported.get(instructionSet);
  if (known || typeof WebAssembly === 'undefined') return known;
  const bytes = bytesOf(instructionSet);
  if (!WebAssembly.validate(bytes)) return undefined;
  supported.set(instructionSet, bytes);
  return bytes;
}

/** Whether the platform runs any of the modules: those without relaxed instructions run wherever the others do. */
export function isSupported(): boolean {
  return supportedBytes('simd') !== undefined;
}

/** The instructions that give the fastest kernels on this platform; undefined where it runs none. */
export function bestInstructions(): InstructionSet | undefined {
  return (['relaxedSimd', 'simd'] as const).find((instructionSet) => supportedBytes(instructionSet) !== undefined);
}

/** A custom section that changes nothing: V8 takes modules of the same bytes for one, and shares what it has compiled. */
const MARK = Uint8Array.of(0, 5, 4, ...new TextEncoder().encode('wide'));

/**
 * The module with these instructions, for the linear memory.
 *
 * @param wide what the kernels are told of the platform; see `KernelModule`
 * @throws DeviceError where the platform lacks the instructions
 */
export function compile(instructionSet: InstructionSet, wide = false): KernelModule {
  const bytes = supportedBytes(instructionSet);
  if (!bytes) {
    throw new DeviceError(
      `wasm: this platform does not run WebAssembly with 128-bit SIMD (${instructionSet}): use the device reference`,
    );
  }
  if (!wide) return { module: new WebAssembly.Module(bytes), wide };
  const marked = new Uint8Array(bytes.length + MARK.length);
  marked.set(bytes);
  marked.set(MARK, bytes.length);
  return { module: new WebAssembly.Module(marked), wide };
}

/** The kernels of a module over the linear memory. */
export function instantiate({ module, wide }: KernelModule): KernelExports {
  const env = { memory: linearMemory.memory, wide: Number(wide) };
  return new WebAssembly.Instance(module, { env }).exports as KernelExports;
}
