// Every exported name is a kernel, which computes one block of a task: `name(block, scratch, table, …)`. Blocks are cut by the sizes
// alone, run in any order and at the same time, and share nothing but what they read, so that the bits do not depend on the
// number of threads. `scratch` has room for a limb of each digit, and `table` is the address of the moduli, the
// special prime last. Kernels keep no globals and bring no static data.
export { expandSeed, redraw } from './blake2xb';
export { isFused } from './double/fused';
export { centerLast, digits, divideByLast, extend, extendedInnerProduct, innerProduct } from './key-switching';
export { prepareModulus } from './preparation';
export { add, addScalar, multiply, multiplyPlain, multiplyScalar, negate, subtract, sumOfProducts } from './products';
export { decode, decodeKey, encode, transformIntegers } from './representation';
export { transform, transformBack } from './transform';
export { weightedSums } from './weighted-sums';
