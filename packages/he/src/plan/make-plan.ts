import { MODULUS_BITS, type ParametersWithPrimes, type Security, withPrimes } from '../ckks/parameters.js';
import type { Affine, Source } from '../compile/affine.js';
import { type Program, runProgram } from '../compile/program.js';
import { PlanError } from '../errors.js';
import { type At, activationOf, resultOf } from './activation.js';
import { type Certificate, certify } from './certificate.js';
import { chooseLayout } from './choose-layout.js';
import { type Cost, clientMilliseconds, keyBytes, MAX_KEY_BYTES, operationTimes, serverCost } from './cost.js';
import { errorBoundOf } from './error-bound.js';
import { planHash } from './hash.js';
import { type Layout, layoutFor } from './layout.js';
import { type Gather, type Matvec, matvecOf } from './matvec.js';
import { Plan, type PlannedLayer, type PlannedMap, type RunnablePlan } from './plan.js';
import { hasRoom, type Levels, leastLevels, placeRefreshes, resultLevels } from './refresh.js';

/** What a plan is to reach. */
export interface Requirements {
  /** Errors of logits stay below it. */
  readonly precision: number;
  /** No prime has more bits. */
  readonly maxPrimeBits: number;
  /** Whether the client may decrypt results inside of the network, and encrypt them again. */
  readonly refresh: boolean;
  /** Which modulus is small enough. */
  readonly security: Security;
}

/** Key switching adds errors in the relation of primes to the special one, which therefore has so many bits more. */
const SPECIAL_BITS = 4;
/** Below this, errors of rounding are larger than any weights. */
const MIN_SCALE_BITS = 20;
/** Logits may be so many times larger than those of the calibration until they wrap around. */
const LOGIT_MARGIN = 8;
/** Samples of the calibration that errors are estimated with. */
const ERROR_SAMPLES = 6;
/** Values of N that networks need. */
export const DEGREES: readonly number[] = [8192, 16384, 32768];

/** What a round trip takes, in milliseconds. */
const ROUND_TRIP = 20;
/** Refreshes show numbers to the client: a plan without them is taken unless it is so many times slower. */
const REFRESH_SPEEDUP = 2;

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
export function candidates(
  degree: number,
  levels: number,
  { maxPrimeBits, security }: Requirements,
): ParametersWithPrimes[] {
  const most = MODULUS_BITS[security][degree]!;
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

/**
 * The scale of logits. A number z is kept as scale·z modulo the first prime, between −q/2 and q/2: logits, and the constants of the
 * last map, which may be larger.
 */
export function outputScale({ bits }: ParametersWithPrimes, { constant }: Affine, largestLogit: number): number {
  const largest = constant.reduce((most, value) => Math.max(most, Math.abs(value)), LOGIT_MARGIN * largestLogit);
  const room = Math.floor(bits[0]! - 2 - Math.log2(Math.max(largest, 1)));
  return 2 ** Math.min(room, bits[1]! + 8);
}

/** Which results are refreshed, by the places of their layers, and the levels of all results then. */
interface Refreshing {
  readonly refreshed: ReadonlySet<number>;
  readonly levels: Levels;
}

const withoutRefreshes = (program: Program): Refreshing => {
  const refreshed = new Set<number>();
  return { refreshed, levels: resultLevels(program, refreshed) };
};

/** The ways to do with fewer levels by refreshes, those without any last. */
function refreshings(program: Program, structure: Structure, levels: number): Refreshing[] {
  const own = withoutRefreshes(program);
  const each = operationTimes.load(levels + 1) + operationTimes.encrypt(levels + 1);
  const weights = structure.layers.map(({ layout }) => ROUND_TRIP + each * layout.ciphertexts);
  const found = new Map<string, Refreshing>();
  for (let most = leastLevels(program); most < own.levels.fresh; most++) {
    const refreshed = placeRefreshes(program, most, weights);
    if (refreshed) found.set([...refreshed].join(), { refreshed, levels: resultLevels(program, refreshed) });
  }
  return [...found.values(), own];
}

type Built = Pick<Plan, 'layers' | 'output' | 'input'>;

/** Undefined where a result that is to be refreshed could wrap around. */
function built(
  program: Program,
  structure: Structure,
  parameters: ParametersWithPrimes,
  foldsFirst: boolean,
  certificate: Certificate,
  { refreshed, levels }: Refreshing,
): Built | undefined {
  const scale = 2 ** parameters.bits[1]!;
  const layers: PlannedLayer[] = [];
  for (const [i, { name, degree, bound, input, steps, output }] of program.layers.entries()) {
    const at: At = { level: levels.results[i]! + steps.depth, scale };
    const activation = activationOf(steps, parameters, at);
    const result = resultOf(activation);
    if (result.level !== at.level - steps.depth) {
      throw new PlanError(`${name}: its polynomial takes ${at.level - result.level} levels, not ${steps.depth}`);
    }
    const refresh = refreshed.has(i) ? { level: result.level, scale: result.scale } : undefined;
    if (refresh && !hasRoom(parameters, refresh.scale, certificate.layers[i]!.largestResult)) return undefined;
    const map = { affine: input, matvec: structure.layers[i]!, at, foldsFirst };
    layers.push({ name, degree, bound, map, activation, source: output, ...(refresh && { refresh }) });
  }
  const output: PlannedMap = {
    affine: program.output,
    matvec: structure.output,
    at: { level: 0, scale: outputScale(parameters, program.output, certificate.largestLogit) },
    foldsFirst,
  };
  return { layers, output, input: { level: levels.fresh, scale } };
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

/** So many of a list, from all over it. */
export function spread<T>(list: readonly T[], count: number): T[] {
  const taken = Math.min(count, list.length);
  return Array.from({ length: taken }, (_, i) => list[Math.floor((i * list.length) / taken)]!);
}

/**
 * What would make a plan possible, as the end of a sentence.
 *
 * @param canRefresh whether to let the client refresh would
 */
export function remedyFor(program: Program, levels: number, canRefresh: boolean): string {
  const powers = program.layers.map(({ degree }) => degree).filter((degree) => !Number.isInteger(Math.log2(degree)));
  const shorter = powers.map(
    (degree) => `degree ${2 ** Math.floor(Math.log2(degree))} instead of ${degree} saves a level`,
  );
  const byClient =
    canRefresh && program.layers.length > 1 ? ['let the client refresh, if it may know the network'] : [];
  const advice = [
    ...new Set(shorter),
    'train with a lower degree',
    'drop a layer',
    ...byClient,
    'ask for less precision',
  ];
  return `it takes ${levels} levels: ${advice.join(', or ')}`;
}

/** A plan that is possible, and what it takes. */
interface Option {
  readonly parameters: ParametersWithPrimes;
  readonly parts: Built;
  readonly cost: Cost;
  /** For comparisons, in milliseconds of server and client, with waiting for each other. */
  readonly time: number;
}

/** Options for one N, the best first. */
function optionsOf(
  program: Program,
  structure: Structure,
  degree: number,
  certificate: Certificate,
  ways: readonly Refreshing[],
  requirements: Requirements,
): Option[] {
  const options: Option[] = [];
  const uploads = structure.gathers.length;
  for (const way of ways) {
    for (const parameters of candidates(degree, way.levels.fresh, requirements)) {
      for (const foldsFirst of [false, true]) {
        const parts = built(program, structure, parameters, foldsFirst, certificate, way);
        if (!parts) continue;
        const cost = serverCost(parameters, uploads, parts.layers, parts.output);
        const refreshed = parts.layers.reduce(
          (sum, { refresh, map }) => sum + (refresh ? map.matvec.layout.ciphertexts : 0),
          0,
        );
        const client = clientMilliseconds(parameters, uploads + refreshed);
        const together = cost.milliseconds + client + ROUND_TRIP * way.refreshed.size;
        const time = way.refreshed.size === 0 ? together / REFRESH_SPEEDUP : together;
        options.push({ parameters, parts, cost, time });
      }
    }
  }
  return options.sort((a, b) => a.time - b.time);
}

/**
 * Plans a program: the smallest N that is precise enough, and for it the primes, places of folds and refreshes that are fastest.
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
  const own = withoutRefreshes(program);
  const levels = requirements.refresh ? leastLevels(program) : own.levels.fresh;
  const errorSamples = spread(samples, ERROR_SAMPLES).map((input) => ({
    input,
    logits: runProgram(program, input).logits,
  }));
  let closest = Infinity;
  let leastKeys = Infinity;
  for (const degree of DEGREES) {
    if (candidates(degree, levels, requirements).length === 0) continue;
    const structure = structureOf(program, degree / 2, levels);
    const rotations = rotationsOf(structure, degree / 2);
    const common = { source: program.input, gathers: structure.gathers, rotations };
    const ways = requirements.refresh ? refreshings(program, structure, levels) : [own];
    let best: (Option & { readonly estimate: number; readonly errorBound: number }) | undefined;
    for (const option of optionsOf(program, structure, degree, certificate, ways, requirements)) {
      // Those that take as long may be more precise.
      if (best && option.time > best.time * 1.02) break;
      const keys = keyBytes(option.parameters, rotations.length + 1).memory;
      leastKeys = Math.min(leastKeys, keys);
      if (keys > MAX_KEY_BYTES) continue;
      const plan: RunnablePlan = { parameters: option.parameters, ...common, ...option.parts };
      // One sample is enough to see that others would not do either.
      const estimate = errorBoundOf(plan, errorSamples.slice(0, 1));
      if (estimate > 2 * requirements.precision || (best && best.estimate <= estimate)) {
        closest = Math.min(closest, estimate);
        continue;
      }
      const errorBound = errorBoundOf(plan, errorSamples);
      closest = Math.min(closest, errorBound);
      if (errorBound <= requirements.precision) best = { ...option, estimate, errorBound };
    }
    if (!best) continue;
    const { parameters, parts, errorBound, cost } = best;
    const seenByClient = parts.layers.filter(({ refresh }) => refresh).map(({ name }) => name);
    const { inputShape } = program;
    const all = {
      parameters,
      ...common,
      ...parts,
      inputShape,
      certificate: { ...certificate, seenByClient },
      errorBound,
      cost,
    };
    return new Plan({ ...all, hash: await planHash(all) });
  }
  const remedy = remedyFor(program, own.levels.fresh, !requirements.refresh);
  if (Number.isFinite(closest)) {
    throw new PlanError(
      `errors of logits stay above ${requirements.precision} (${closest.toPrecision(2)} is reached): ${remedy}`,
    );
  }
  throw new PlanError(
    Number.isFinite(leastKeys)
      ? `keys would take ${Math.round(leastKeys / 2 ** 30)} GiB, and a server has room for ${MAX_KEY_BYTES / 2 ** 30}: ${remedy}`
      : `no parameters of 128-bit security are large enough: ${remedy}`,
  );
}
