export type { Ciphertext, EvaluationKeys, Evaluator, EvaluatorFactory, Plaintext } from './ckks/evaluator.js';
export {
  MAX_MODULUS_BITS,
  type Parameters,
  type ParametersWithPrimes,
  topLevel,
  withPrimes,
} from './ckks/parameters.js';
export { programOf } from './compile/compile.js';
export { type PolynomialLayer, type Program, type ProgramResult, runProgram } from './compile/program.js';
export { KeyError, MalformedError, PlanError } from './errors.js';
export {
  type InstructionSet,
  PlatformError,
  WasmCiphertext,
  WasmEvaluator,
  type WasmEvaluatorOptions,
  WasmPlaintext,
} from './evaluator/index.js';
export type { Handle, SealContext, SealLibrary } from './seal/context.js';
export { type NodeSeal, openSeal } from './seal/library.js';
export { SealEvaluator } from './seal/seal-evaluator.js';
export {
  type CiphertextData,
  type ExpectedCiphertext,
  type KeySwitchingKey,
  ModulusChain,
  type PlaintextData,
  readCiphertext,
  readEncryptionParameters,
  readGaloisKeys,
  readPlaintext,
  readRelinearizationKey,
  writeCiphertext,
  writeEncryptionParameters,
  writeGaloisKeys,
  writePlaintext,
  writeRelinearizationKey,
} from './seal-format/index.js';
