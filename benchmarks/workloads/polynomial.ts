import { fitPolynomial } from '@pnn/pnn';
import type { Pass } from '../floor.js';
import type { ActivationWork, Direction, PolynomialForm } from '../work.js';
import type { Workload } from '../workload.js';
import { evenOddBackwardPass, evenOddForwardPass, hornerBackwardPass, hornerForwardPass } from './passes.js';

const COUNT = 2 ** 20;
const BOUND = 10;
const DEGREES = [2, 4, 8, 16, 22, 32];
const FORMS: readonly PolynomialForm[] = ['even-odd', 'horner', 'sum of powers'];
/** Of inputs beyond the bound. */
const SHARES = [0, 0.01, 0.1, 0.5];
const DIRECTIONS: readonly Direction[] = ['forward', 'forward and backward'];

/** The fit of ReLU in one of the forms; sums of powers are held against the floor of Horner's method, which needs less. */
function coefficientsOf(degree: number, form: PolynomialForm): { coefficients: number[]; evenTerms: number } {
  const fit = fitPolynomial('relu', { degree, bound: BOUND });
  const { even, odd } = form === 'even-odd' ? fit.evenOdd() : { even: fit.monomial(), odd: [] };
  return { coefficients: [...even, ...odd], evenTerms: even.length };
}

function passesOf(form: PolynomialForm, terms: number, direction: Direction): readonly Pass[] {
  const isEvenOdd = form === 'even-odd';
  const forward = isEvenOdd ? evenOddForwardPass(COUNT, terms) : hornerForwardPass(COUNT, terms);
  if (direction === 'forward') return [forward];
  return [forward, isEvenOdd ? evenOddBackwardPass(COUNT, terms, true) : hornerBackwardPass(COUNT, terms)];
}

function polynomialWorkload(degree: number, form: PolynomialForm, direction: Direction): Workload {
  const fit = coefficientsOf(degree, form);
  return {
    name: `polynomial/degree ${degree}/${form}/${direction}`,
    work: { kind: 'polynomial', form, count: COUNT, bound: BOUND, ...fit, direction },
    passes: passesOf(form, fit.coefficients.length, direction),
  };
}

/**
 * A layer as networks train with it: fixed coefficients, the tangent out of range, the boundary penalty. Where no share of
 * inputs beyond the bound is named, it is one in a thousand, as in networks that train.
 */
function activationWorkload(degree: number, direction: Direction, share?: number): Workload {
  const fit = coefficientsOf(degree, 'even-odd');
  const outside = share === undefined ? '' : `/${100 * share}% outside`;
  const work: ActivationWork = {
    kind: 'activation',
    count: COUNT,
    bound: BOUND,
    limit: BOUND,
    cap: 10,
    reach: BOUND / (1 - (share ?? 0.001)),
    ...fit,
    direction,
  };
  const terms = fit.coefficients.length;
  const forward = evenOddForwardPass(COUNT, terms);
  const backward = evenOddBackwardPass(COUNT, terms, false);
  return {
    name: `activation/degree ${degree}${outside}/${direction}`,
    work,
    // The penalty and the tangent are not counted: they concern few inputs where networks train.
    passes: direction === 'forward' ? [forward] : [forward, backward],
  };
}

/** Polynomials of 2^20 inputs by degree and form, and the activation with penalty and tangent. */
export const polynomialWorkloads: readonly Workload[] = [
  ...DEGREES.flatMap((degree) =>
    FORMS.flatMap((form) => DIRECTIONS.map((direction) => polynomialWorkload(degree, form, direction))),
  ),
  ...[4, 22].flatMap((degree) => DIRECTIONS.map((direction) => activationWorkload(degree, direction))),
  ...[4, 8, 22].flatMap((degree) =>
    SHARES.flatMap((share) => DIRECTIONS.map((direction) => activationWorkload(degree, direction, share))),
  ),
];
