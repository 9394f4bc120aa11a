/** Decoders of plain data: the combinators, and those of what this package writes. */
export * from './codec/index.js';
export * from './training/record-decoders.js';
