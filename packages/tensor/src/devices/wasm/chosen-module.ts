import { bestInstructions, compile, type InstructionSet, type KernelModule } from './instance.js';

let chosen: KernelModule | undefined;
let isTaken = false;

/** The instructions of the kernels of `wasm()`. */
export function chosenInstructions(): InstructionSet {
  return bestInstructions() ?? 'simd';
}

/** Whether `wasm()` has its kernels already, so that others would come too late. */
export function isModuleTaken(): boolean {
  return isTaken;
}

/** Whether `wasm()` has, or is to have, kernels with 256 bits. */
export function isWideChosen(): boolean {
  return chosen?.wide ?? false;
}

/** Has `wasm()` take the kernels of this module. */
export function chooseModule(module: KernelModule): void {
  chosen = module;
}

/**
 * The module of `wasm()`: the one that was chosen, or that with the instructions that are the fastest.
 *
 * @throws DeviceError where the platform has no WebAssembly SIMD
 */
export function takeModule(): KernelModule {
  chosen ??= compile(chosenInstructions());
  isTaken = true;
  return chosen;
}
