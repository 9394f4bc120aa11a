export type { Arithmetic, Term } from './arithmetic.js';
export { babyStepGiantStep } from './baby-step-giant-step.js';
export { costOf, fewestLevels, type Scheme, type SchemeCost, schemeCosts } from './cost.js';
export { evenOddHorner, horner } from './horner.js';
export { networkDepth } from './network-depth.js';
