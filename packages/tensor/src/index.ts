/// <reference lib="esnext.disposable" preserve="true" />
export { apply, type TensorLike } from './apply.js';
export * from './creation.js';
export { getDevice, setDevice } from './default-device.js';
export type { Device, DeviceMemory } from './device.js';
export { reference } from './devices/reference/index.js';
export { hasWasm, wasm } from './devices/wasm/index.js';
export { getThreads, setThreads } from './devices/wasm/threads/thread-count.js';
export { type DType, type FloatDType, isFloat, type TypedArray } from './dtype.js';
export { type Effects, isReplaying, recordEffects, replayEffects } from './effects.js';
export * from './errors.js';
export type { ByteReader, ByteRequest } from './formats/byte-reader.js';
export { readFromMemory } from './formats/byte-reader.js';
export { checkHostArray, type HostArray } from './formats/host-array.js';
export { decodeNpy, encodeNpy, npyElementType, npyParts, readNpy } from './formats/npy.js';
export * from './formats/safetensors.js';
export * from './functions/adaptive-pooling.js';
export * from './functions/bincount.js';
export * from './functions/boxes.js';
export * from './functions/convolution.js';
export * from './functions/dropout.js';
export * from './functions/einsum.js';
export * from './functions/fourier.js';
export * from './functions/grid-sample.js';
export * from './functions/interpolation.js';
export * from './functions/linear-algebra.js';
export * from './functions/movement.js';
export * from './functions/multinomial.js';
export * from './functions/normalization.js';
export * from './functions/one-hot.js';
export * from './functions/pixel-shuffle.js';
export * from './functions/polynomial.js';
export * from './functions/pooling.js';
export * from './functions/scan.js';
export * from './functions/selection.js';
export * from './functions/softmax.js';
export * from './functions/sparse.js';
export * from './functions/transposed-convolution.js';
export * from './functions/unfold.js';
export * from './functions/update.js';
export type { History, OperatorCall, TensorsOf } from './history.js';
export { updateInPlace } from './in-place.js';
export type {
  AdamSettings,
  Buffer,
  ConvolutionGeometry,
  Kernels,
  Operand,
  Penalty,
  PolynomialActivationForm,
  PolynomialBasis,
  ScatterReduction,
  SgdSettings,
  SparseMatrix,
  TriangularForm,
  WindowGeometry,
} from './kernels.js';
export { where } from './methods/elementwise.js';
export type { MatmulOptions } from './methods/matmul.js';
export type { SliceRange } from './methods/movement.js';
export type { PadFill } from './methods/padding.js';
export type { Axes, ReductionOptions } from './methods/reduction.js';
export type { ScanOptions } from './methods/scan.js';
export type { Sorted, SortOptions } from './methods/sort.js';
export { type Inputs, type Operator, type OutputSpec, operator } from './operator.js';
export { type OperatorFamilies, type OperatorName, type Operators, operators } from './operators/index.js';
export {
  drawForShard,
  Generator,
  type GeneratorState,
  randomState,
  randomStream,
  restoreRandomState,
  ShardDrawing,
  setSeed,
} from './random.js';
export { scalarFunctions } from './scalar-functions.js';
export { keep, LastingScope, scope } from './scope.js';
export { formatShape, numbersOf, type Pair, pairOf, type Shape, sameShape, sizeOf, type Triple } from './shape.js';
export { type MemoryUse, memory } from './storage.js';
export { Tensor } from './tensor.js';
export { activeTracer, type Tracer, withTracer } from './tracer.js';
export type { Padding } from './windows.js';
