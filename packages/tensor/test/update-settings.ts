import fc from 'fast-check';

/** Settings of Adam and AdamW, at the first step and later. */
export const adamSettings = fc.record({
  learningRate: fc.constantFrom(0, 1e-3, 0.1),
  beta1: fc.constantFrom(0, 0.9),
  beta2: fc.constantFrom(0.9, 0.999),
  epsilon: fc.constantFrom(1e-8, 1e-3),
  weightDecay: fc.constantFrom(0, 0.01),
  decoupled: fc.boolean(),
  step: fc.constantFrom(1, 2, 1000),
});
/** Settings of SGD with momentum. */
export const sgdSettings = fc.record({
  learningRate: fc.constantFrom(0, 1e-3, 0.1),
  momentum: fc.constantFrom(0.5, 0.9),
  dampening: fc.constantFrom(0, 0.3),
  weightDecay: fc.constantFrom(0, 0.01),
  nesterov: fc.boolean(),
  first: fc.boolean(),
});
