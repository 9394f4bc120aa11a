/// <reference lib="esnext.disposable" preserve="true" />
export { apply, type TensorLike } from './apply.js';
export * from './creation.js';
export { getDevice, setDevice } from './default-device.js';
export type { Device, DeviceMemory } from './device.js';
export { reference } from './devices/reference/index.js';
export { hasWasm, wasm } from './devices/wasm/index.js';
export { getThreads, setThreads } from './devices/wasm/threads/thread-count.js';
export { arrayTypes, bytesPerElement, type DType, type FloatDType, isFloat, type TypedArray } from './dtype.js';
export { decodeElements, ELEMENT_SIZES, type ElementType, encodeElements } from './elements.js';
export * from './errors.js';
export * from './functions/classification.js';
export * from './functions/convolution.js';
export * from './functions/dropout.js';
export * from './functions/joining.js';
export * from './functions/normalisation.js';
export * from './functions/polynomial.js';
export * from './functions/pooling.js';
export { excerpt, HeaderScanner, quote } from './header-scanner.js';
export type { History, OperatorCall, TensorsOf } from './history.js';
export * from './host-array.js';
export type {
  AdamSettings,
  Buffer,
  ConvolutionGeometry,
  Kernels,
  Operand,
  Penalty,
  PolynomialActivationForm,
  SgdSettings,
  WindowGeometry,
} from './kernels.js';
export { linearMemory } from './memory.js';
export type { MatmulOptions } from './methods/matrix.js';
export type { SliceRange } from './methods/movement.js';
export type { Axes, ReductionOptions } from './methods/reduction.js';
export { where } from './methods/selection.js';
export { decodeNpy, encodeNpy } from './npy.js';
export { type Inputs, type Operator, type OutputSpec, operator } from './operator.js';
export { type OperatorFamilies, type OperatorName, type Operators, operators } from './operators/index.js';
export {
  Generator,
  type GeneratorState,
  philox,
  randomState,
  randomStream,
  restoreRandomState,
  setSeed,
} from './random.js';
export { erfc, scalarFunctions } from './scalar-functions.js';
export { keep, scope } from './scope.js';
export { formatShape, type Pair, pairOf, type Shape, sameShape, sizeOf, stridesOf } from './shape.js';
export { type MemoryUse, memory } from './storage.js';
export { Tensor } from './tensor.js';
export { activeTracer, type Tracer, withTracer } from './tracer.js';
