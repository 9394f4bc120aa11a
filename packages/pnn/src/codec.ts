/** Decoders of plain data: the combinators, and those of what this package writes. */
export * from './codec/index.js';
export { methodSpec, polynomialSpec } from './method/method-spec.js';
export { trainingSpec } from './method/training-spec.js';
export * from './training/record-decoders.js';
