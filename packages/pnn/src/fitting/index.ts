export type { EvenOdd } from './chebyshev.js';
export type { Density, Histogram } from './density.js';
export { type FitOptions, fitPolynomial, MAX_ACTIVATION_DEGREE, MAX_DEGREE } from './fit-polynomial.js';
export { type FitMethod, FittedPolynomial } from './fitted-polynomial.js';
export { basisFor, type Float32Error } from './float32.js';
export {
  type Target,
  type TargetEntry,
  type TargetName,
  targetEntry,
  targetFunction,
  targetName,
  targetNames,
  targets,
} from './targets.js';
