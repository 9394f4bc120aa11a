import { datasets } from '@pnn/data';
import { ArgumentError } from '@pnn/nn';
import {
  type BoundaryPenalty,
  type BoundSpec,
  basisFor,
  cappedPenalty,
  defaultMethod,
  defaultPolynomial,
  dualAscentLimits,
  type LambdaSpec,
  MAX_ACTIVATION_DEGREE,
  type MethodSpec,
  methodOf,
  type PolynomialSpec,
  type Preset,
  penaltyForms,
  preset,
  targets,
} from '@pnn/pnn';
import type { OptionSpecs, Options } from '../options.js';
import { defaultByDataset } from './data.js';

/** How bounds follow from the data. */
const CALIBRATED = defaultPolynomial.bound as Extract<BoundSpec, { kind: 'calibrated' }>;

/** The activations, and what holds their inputs in range. */
export function methodOptions(): OptionSpecs {
  const { degree, alpha, penalty } = defaultPolynomial;
  const margins = defaultByDataset(CALIBRATED.margin, (entry) => entry.margin);
  const alphas = defaultByDataset(alpha, (entry) => entry.alpha);
  const PAPER = 'as in the paper';
  return {
    paper: {
      description:
        'every setting of the paper (arXiv 2505.11589) for the data set and the degree; each can still be given',
    },
    target: {
      value: 'NAME',
      description: `activation to approximate: ${targets.names().join(', ')} (default ${defaultMethod.target})`,
    },
    degree: { value: 'N', description: `degree of the polynomials, 1 to ${MAX_ACTIVATION_DEGREE} (default ${degree})` },
    method: {
      value: 'NAME',
      description: 'fit by density (default if B is calibrated), least-squares (otherwise) or minimax',
    },
    samples: { value: 'N', description: `equally spaced samples of the fit (default 4097; ${PAPER} 100)` },
    bound: { value: 'B', description: 'B of the range [-B, B]: calibrated (default), a number, or paper: see --paper' },
    margin: { value: 'M', description: `calibrated B is M times the inputs seen (${margins})` },
    alpha: { value: 'A', description: `the boundary loss begins at |x| = A·B (${alphas}; paper its own)` },
    lambda: {
      value: 'L',
      description: 'weight of the boundary loss: a number (default 1000), dual or dual:START; 0 for none',
    },
    penalty: {
      value: 'FORM',
      description: `form of the boundary loss: ${penaltyForms.join(', ')} (default ${penalty.form})`,
    },
    cap: {
      value: 'E',
      description: `excess |x| − αB (of power |x|/αB − 1) from which the loss goes on linearly (default ${penalty.cap}, of power 1; paper 10)`,
    },
    outside: { value: 'NAME', description: `beyond B while training: tangent (default) or polynomial (${PAPER})` },
    basis: {
      value: 'NAME',
      description: 'even-odd (default up to degree 22), twice-even-odd (beyond) or plain Horner: monomial',
    },
    coefficients: { value: 'NAME', description: `learned (default) or fixed, those of the fit (${PAPER})` },
  };
}

function degreeFrom(options: Options): number {
  return options.integer('degree', 1, MAX_ACTIVATION_DEGREE) ?? defaultPolynomial.degree;
}

/**
 * The settings of the paper, if they are asked for by `--paper` or `--bound paper`.
 *
 * @throws UsageError if the paper has none for the data set and the degree
 */
export function presetFrom(options: Options, dataset: string): Preset | undefined {
  if (!options.has('paper') && options.text('bound') !== 'paper') return undefined;
  try {
    return preset(datasets.get(dataset).preset ?? dataset, degreeFrom(options));
  } catch (error) {
    if (error instanceof ArgumentError)
      return options.refuse(`${options.has('paper') ? '--paper' : '--bound paper'}: ${error.message}`);
    throw error;
  }
}

function boundFrom(options: Options, base: PolynomialSpec, dataset: string): BoundSpec {
  const text = options.text('bound');
  const margin = options.positive('margin');
  const isPublished = (text === undefined || text === 'paper') && base.bound.kind === 'fixed';
  if (isPublished || (text !== undefined && text !== 'calibrated')) {
    if (margin !== undefined) options.refuse('--margin goes with --bound calibrated');
    if (isPublished) return base.bound;
    const bound = options.number('bound', 'calibrated, paper or a positive number', (value) => value > 0)!;
    return { kind: 'fixed', bound };
  }
  return { ...CALIBRATED, margin: margin ?? datasets.get(dataset).margin ?? CALIBRATED.margin };
}

function lambdaFrom(options: Options, base: PolynomialSpec): LambdaSpec {
  const text = options.text('lambda');
  if (text === undefined) return base.lambda;
  const dual = /^dual(?::(.+))?$/.exec(text);
  const start = dual ? (dual[1] ?? `${dualAscentLimits.initial}`) : text;
  const number = start.trim() === '' ? Number.NaN : Number(start);
  if (dual && number >= dualAscentLimits.minimum && number <= dualAscentLimits.maximum)
    return { kind: 'dual', initial: number };
  if (!dual && number >= 0 && Number.isFinite(number)) return { kind: 'constant', lambda: number };
  return options.refuse(
    `--lambda ${text} is neither a number of 0 or more nor dual or dual:START, ` +
      `START from ${dualAscentLimits.minimum} to ${dualAscentLimits.maximum}`,
  );
}

/** A fit by density is a matter of calibration, which is when the density gets known. */
function boundAndFitFrom(
  options: Options,
  base: PolynomialSpec,
  dataset: string,
): Pick<PolynomialSpec, 'bound' | 'method'> {
  const bound = boundFrom(options, base, dataset);
  const method = options.choice('method', ['density', 'least-squares', 'minimax']);
  if (bound.kind === 'fixed') {
    if (method === 'density') options.refuse('--method density goes with --bound calibrated');
    return { bound, method: method ?? 'least-squares' };
  }
  const density = (method ?? 'density') === 'density';
  return { bound: { ...bound, density }, method: method === 'minimax' ? method : 'least-squares' };
}

function samplesFrom(options: Options, base: PolynomialSpec, degree: number, method: PolynomialSpec['method']) {
  const samples = options.integer('samples', degree + 1, 1_000_000) ?? null;
  if (method !== 'minimax') return samples ?? base.samples;
  if (samples !== null)
    options.refuse('--samples goes with the other values of --method: minimax chooses its own points');
  return null;
}

/**
 * The method that the options ask for.
 *
 * @throws UsageError if a value is out of its range or options do not go together
 */
export function methodSpecFrom(options: Options, dataset: string): MethodSpec & { polynomial: PolynomialSpec } {
  const published = presetFrom(options, dataset);
  const base = (published && methodOf(published).polynomial) ?? defaultPolynomial;
  const degree = degreeFrom(options);
  const form: BoundaryPenalty['form'] = options.choice('penalty', penaltyForms) ?? base.penalty.form;
  const cap = options.positive('cap');
  const coefficients = options.choice('coefficients', ['learned', 'fixed']);
  const { bound, method } = boundAndFitFrom(options, base, dataset);
  const followsData = !published && bound.kind === 'calibrated';
  const alpha = (followsData ? datasets.get(dataset).alpha : undefined) ?? base.alpha;
  if (cap !== undefined && form === 'max-norm')
    options.refuse('--cap goes with the other forms of --penalty, not max-norm');
  return {
    target: options.choice('target', targets.names()) ?? defaultMethod.target,
    polynomial: {
      degree,
      bound,
      alpha: options.number('alpha', 'a number above 0, up to 1', (value) => value > 0 && value <= 1) ?? alpha,
      method,
      samples: samplesFrom(options, base, degree, method),
      basis: options.choice('basis', ['even-odd', 'twice-even-odd', 'monomial']) ?? basisFor(degree),
      learnable: coefficients === undefined ? base.learnable : coefficients === 'learned',
      outside: options.choice('outside', ['tangent', 'polynomial']) ?? base.outside,
      penalty:
        form === base.penalty.form
          ? { form, cap: cap ?? base.penalty.cap }
          : cappedPenalty({ form, ...(cap !== undefined && { cap }) }),
      lambda: lambdaFrom(options, base),
    },
  };
}
