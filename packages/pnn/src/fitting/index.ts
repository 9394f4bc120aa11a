export type { EvenOdd } from './chebyshev.js';
export type { Density, Histogram } from './density.js';
export { type FitOptions, fitPolynomial } from './fitPolynomial.js';
export { type FitMethod, FittedPolynomial } from './fittedPolynomial.js';
export { type Target, type TargetName, targetFunction, targetName, targetNames } from './targets.js';
