export type { InstructionSet } from './kernels.js';
export { PlatformError } from './kernels.js';
export { WasmCiphertext, WasmPlaintext } from './wasm-ciphertext.js';
export { WasmEvaluator, type WasmEvaluatorOptions } from './wasm-evaluator.js';
