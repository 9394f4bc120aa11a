export { BatchNetwork } from './batch/batch-network.js';
export { type BatchClientPlan, BatchPlan, type RunnableBatchPlan } from './batch/plan.js';
export {
  type Ciphertext,
  type EvaluationKeys,
  type Evaluator,
  type EvaluatorFactory,
  type IntegerMatrix,
  MAX_WEIGHT,
  type Plaintext,
} from './ckks/evaluator.js';
export {
  isSecure,
  MAX_MODULUS_BITS,
  MODULUS_BITS,
  type Parameters,
  type ParametersWithPrimes,
  type Security,
  topLevel,
  withPrimes,
} from './ckks/parameters.js';
export {
  type ClientOptions,
  EncryptedClient,
  type EncryptedResult,
  type MessageBytes,
  type RunTimes,
} from './client/client.js';
export { logitsOf } from './client/logits.js';
export { type PolynomialLayer, type Program, type ProgramResult, runProgram } from './compile/program.js';
export { programOf } from './compile/program-of.js';
export { type CompileOptions, compile, type Sample, spreadSamples } from './compile.js';
export { KeyError, MalformedError, PlanError, RangeWarning } from './errors.js';
export {
  type InstructionSet,
  PlatformError,
  WasmCiphertext,
  WasmEvaluator,
  type WasmEvaluatorOptions,
  WasmPlaintext,
} from './evaluator/index.js';
export type { Certificate, LayerRange } from './plan/certificate.js';
export { securityOf } from './plan/format.js';
export { type PlannedStep, stepsOf } from './plan/levels.js';
export { type ClientPlan, Plan, type RunnablePlan } from './plan/plan.js';
export { EncryptedNetwork, type NetworkOptions } from './run/encrypted-network.js';
export type { OperationTime, OperationTimes } from './run/timed-evaluator.js';
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
