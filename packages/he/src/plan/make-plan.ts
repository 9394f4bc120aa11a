import { MAX_MODULUS_BITS, type ParametersWithPrimes, withPrimes } from '../ckks/parameters.js';
import type { Affine, Source } from '../compile/affine.js';
import { type Program, runProgram } from '../compile/program.js';
import { PlanError } from '../errors.js';
import { type At, activationOf, resultOf } from './activation.js';
import { certify } from './certificate.js';
import { chooseLayout } from './choose-layout.js';
import { operationTimes, serverCost } from './cost.js';
import { planHash } from './hash.js';
import { type Layout, layoutFor } from './layout.js';
import { type Gather, type Matvec, matvecOf } from './matvec.js';
import { NoisyRun } from './noise.js';
import { Plan, type PlannedLayer, type PlannedMap } from './plan.js';

/** What a plan is to reach. */
export interface Requirements {
  /** Errors of logits stay below it. */
  readonly precision: number;
  /** No prime has more bits. */
  readonly maxPrimeBits: number;
}

/** Key switching adds errors in the relation of primes to the special one, which therefore has so many bits more. */
const SPECIAL_BITS = 4;
/** Below this, errors of rounding are larger than any weights. */
const MIN_SCALE_BITS = 20;
/** Logits may be so many times larger than those of the calibration until they wrap around. */
const LOGIT_MARGIN = 8;
/** The largest errors of thousands of logits are about twice those of the simulation, which has a few hundred. */
export const ERROR_MARGIN = 3;
export const SIMULATED_SAMPLES = 24;
/** Values of N that networks need. */
export const DEGREES: readonly number[] = [8192, 16384, 32768];

/** Levels below the top at which results are. */
export function depths(program: Program): { readonly of: ReadonlyMap<Source, number>; readonly total: number } {
  const of = new Map<Source, number>([[program.input, 0]]);
  const ofMap = (affine: Affine) => Math.max(...[...affine.terms.keys()].map((source) => of.get(source)!)) + 1;
  for (const { input, steps, output } of program.layers) of.set(output, ofMap(input) + steps.depth);
  return { of, total: ofMap(program.output) };
}

/** The parameters with their primes; undefined where there are not so many primes of these sizes. */
function parametersOf(degree: number, bits: readonly number[]): ParametersWithPrimes | undefined {
  try {
    return withPrimes({ degree, bits });
  } catch (error) {
    if (error instanceof PlanError) return undefined;
    throw error;
  }
}

/** Parameters for so many levels: of equal data primes, with a first one that is larger by some bits. */
export function candidates(degree: number, levels: number, { maxPrimeBits }: Requirements): ParametersWithPrimes[] {
  const most = MAX_MODULUS_BITS[degree]!;
  const options: (ParametersWithPrimes | undefined)[] = [];
  for (const extra of [0, 4, 8, 12]) {
    const scaleBits = Math.min(
      Math.floor((most - 2 * extra - SPECIAL_BITS) / (levels + 2)),
      maxPrimeBits - extra - SPECIAL_BITS,
    );
    if (scaleBits < MIN_SCALE_BITS) continue;
    const first = scaleBits + extra;
    options.push(parametersOf(degree, [first, ...new Array<number>(levels).fill(scaleBits), first + SPECIAL_BITS]));
  }
  return options.filter((option) => option !== undefined);
}

interface Structure {
  readonly gathers: readonly Gather[];
  readonly layers: readonly Matvec[];
  readonly output: Matvec;
}

/** What does not depend on primes and scales. */
function structureOf(program: Program, slots: number, levels: number): Structure {
  const gathers: Gather[] = [];
  const layouts = new Map<Source, Layout>();
  const limbs = levels + 1;
  const costs = { rotation: operationTimes.rotate(limbs), upload: operationTimes.encrypt(limbs) };
  const product = operationTimes.multiply(limbs) + operationTimes.relinearize(limbs) + operationTimes.rescale(limbs);
  const given = { layouts, input: program.input, gathers, costs };
  const layers = program.layers.map(({ input, shape, output, name, steps }) => {
    const layout = chooseLayout(input, shape, slots, layouts, {
      rotation: costs.rotation,
      product: operationTimes.multiplyPlain(limbs),
      ciphertext: product * steps.steps.filter(({ kind }) => kind === 'product').length,
    });
    const matvec = matvecOf(input, layout, slots, { ...given, layer: name });
    layouts.set(output, layout);
    return matvec;
  });
  const layout = layoutFor([program.output.size], slots);
  const output = matvecOf(program.output, layout, slots, { ...given, layer: 'the last linear layer' });
  return { gathers, layers, output };
}

/** The scale of logits. A number z is kept as scale·z modulo the first prime, between −q/2 and q/2. */
export function outputScale({ bits }: ParametersWithPrimes, largestLogit: number): number {
  const room = Math.floor(bits[0]! - 2 - Math.log2(LOGIT_MARGIN * Math.max(largestLogit, 1e-6)));
  return 2 ** Math.min(room, bits[1]! + 8);
}

type Built = Pick<Plan, 'layers' | 'output' | 'input'>;

function built(
  program: Program,
  structure: Structure,
  parameters: ParametersWithPrimes,
  foldsFirst: boolean,
  largestLogit: number,
): Built {
  const { of, total } = depths(program);
  const scale = 2 ** parameters.bits[1]!;
  const layers: PlannedLayer[] = program.layers.map(({ name, degree, bound, input, steps, output }, i) => {
    const at: At = { level: total - of.get(output)! + steps.depth, scale };
    const activation = activationOf(steps, parameters, at);
    if (resultOf(activation).level !== at.level - steps.depth) {
      throw new PlanError(
        `${name}: its polynomial takes ${at.level - resultOf(activation).level} levels, not ${steps.depth}`,
      );
    }
    return {
      name,
      degree,
      bound,
      map: { affine: input, matvec: structure.layers[i]!, at, foldsFirst },
      activation,
      source: output,
    };
  });
  const output: PlannedMap = {
    affine: program.output,
    matvec: structure.output,
    at: { level: 0, scale: outputScale(parameters, largestLogit) },
    foldsFirst,
  };
  return { layers, output, input: { level: total, scale } };
}

function largestError(
  program: Program,
  parts: Built,
  parameters: ParametersWithPrimes,
  samples: readonly Float64Array[],
): number {
  const run = new NoisyRun(parameters, program.input);
  let largest = 0;
  for (const sample of samples.slice(0, SIMULATED_SAMPLES)) {
    const { logits } = runProgram(program, sample);
    const noisy = run.logits(parts.layers, parts.output, parts.input.scale, sample);
    logits.forEach((logit, i) => {
      largest = Math.max(largest, Math.abs(noisy[i]! - logit));
    });
  }
  return ERROR_MARGIN * largest;
}

function rotationsOf(structure: Structure, slots: number): number[] {
  const steps = new Set<number>();
  const add = (step: number) => {
    if (step % slots !== 0) steps.add(((step % slots) + slots) % slots);
  };
  for (const { diagonals, folds } of [...structure.layers, structure.output]) {
    for (const { baby, giant } of diagonals) for (const step of [baby, giant]) add(step);
    folds.forEach(add);
  }
  return [...steps].sort((a, b) => a - b);
}

/** What would make a plan possible, as the end of a sentence. */
export function remedyFor(program: Program, levels: number): string {
  const powers = program.layers.map(({ degree }) => degree).filter((degree) => !Number.isInteger(Math.log2(degree)));
  const shorter = powers.map(
    (degree) => `degree ${2 ** Math.floor(Math.log2(degree))} instead of ${degree} saves a level`,
  );
  const advice = [...new Set(shorter), 'train with a lower degree', 'drop a layer', 'ask for less precision'];
  return `it takes ${levels} levels: ${advice.join(', or ')}`;
}

/**
 * Plans a program: the smallest N that is precise enough, and for it the primes and places of folds that are fastest.
 *
 * @param samples of the calibration, as the network takes them
 * @throws PlanError where no parameters are precise enough, or ranges are left on the samples
 */
export async function makePlan(
  program: Program,
  samples: readonly Float64Array[],
  requirements: Requirements,
): Promise<Plan> {
  const certificate = certify(program, samples);
  const { largestLogit } = certificate;
  if (!Number.isFinite(largestLogit)) {
    throw new PlanError('the network gives numbers that are not finite on the samples of the calibration: check them');
  }
  const { total } = depths(program);
  let closest = Infinity;
  for (const degree of DEGREES) {
    const options = candidates(degree, total, requirements);
    if (options.length === 0) continue;
    const structure = structureOf(program, degree / 2, total);
    const found = options.flatMap((parameters) => {
      return [false, true].map((foldsFirst) => {
        const parts = built(program, structure, parameters, foldsFirst, largestLogit);
        const errorBound = largestError(program, parts, parameters, samples);
        return {
          parameters,
          parts,
          errorBound,
          cost: serverCost(parameters, structure.gathers.length, parts.layers, parts.output),
        };
      });
    });
    closest = Math.min(closest, ...found.map(({ errorBound }) => errorBound));
    const precise = found.filter(({ errorBound }) => errorBound <= requirements.precision);
    if (precise.length === 0) continue;
    const fastest = Math.min(...precise.map(({ cost }) => cost.milliseconds));
    const [best] = precise
      .filter(({ cost }) => cost.milliseconds <= fastest * 1.02)
      .sort((a, b) => a.errorBound - b.errorBound);
    const { parameters, parts, errorBound, cost } = best!;
    const common = {
      parameters,
      inputShape: program.inputShape,
      source: program.input,
      gathers: structure.gathers,
      rotations: rotationsOf(structure, degree / 2),
      certificate,
      errorBound,
      cost,
      ...parts,
    };
    return new Plan({ ...common, hash: await planHash(common) });
  }
  throw new PlanError(
    Number.isFinite(closest)
      ? `errors of logits stay above ${requirements.precision} (${closest.toPrecision(2)} is reached): ${remedyFor(program, total)}`
      : `no parameters of 128-bit security are large enough: ${remedyFor(program, total)}`,
  );
}
