import type { ParametersWithPrimes } from '../ckks/parameters.js';
import type { Affine, Source } from '../compile/affine.js';
import { type Program, runProgram } from '../compile/program.js';
import { PlanError } from '../errors.js';
import { type Activation, type At, activationOf, resultOf } from '../plan/activation.js';
import { certify } from '../plan/certificate.js';
import { DRAWS, MARGIN } from '../plan/error-bound.js';
import { candidates, DEGREES, outputScale, type Requirements, remedyFor, spread } from '../plan/make-plan.js';
import { resultLevels } from '../plan/refresh.js';
import { batchCost } from './cost.js';
import { batchPlanHash } from './hash.js';
import { batchMapOf, groupsOf, type RowGroup, shiftOf } from './map.js';
import { peakOf } from './memory.js';
import { NoisyBatch, type RoundedMap } from './noise.js';
import { BatchPlan } from './plan.js';
import { elementsOf, usesOf } from './uses.js';

const SIMULATED_SAMPLES = 24;

const GIBIBYTE = 2 ** 30;
/** What evaluators can address is 4 GiB; keys, tables and what is being computed take some of it. */
const MAX_CIPHERTEXT_BYTES = 3.75 * GIBIBYTE;

/** Where everything is, before weights are rounded. */
interface Levels {
  readonly input: At;
  readonly layers: readonly { readonly map: RoundedMap; readonly activation: Activation; readonly source: Source }[];
  readonly output: RoundedMap;
  /** What weights of a source are multiplied by in a map whose results are somewhere. */
  readonly weightScale: (at: At, source: Source) => number;
}

function levelsOf(program: Program, parameters: ParametersWithPrimes, largestLogit: number): Levels {
  const levels = resultLevels(program);
  const scale = 2 ** parameters.bits[1]!;
  const input: At = { level: levels.fresh, scale };
  const results = new Map<Source, At>([[program.input, input]]);
  const weightScale = (at: At, source: Source) =>
    (at.scale * Number(parameters.primes[at.level + 1]!)) / results.get(source)!.scale;
  const mapOf = (affine: Affine, at: At): RoundedMap => {
    const scales = [...affine.terms.keys()].map((source) => weightScale(at, source));
    const shift = shiftOf(affine, (source) => weightScale(at, source));
    return { affine, at, unit: 2 ** shift / Math.min(...scales) };
  };
  const layers = program.layers.map(({ input: affine, steps, output }, i) => {
    const at: At = { level: levels.results[i]! + steps.depth, scale };
    const activation = activationOf(steps, parameters, at);
    const map = mapOf(affine, at);
    results.set(output, resultOf(activation));
    return { map, activation, source: output };
  });
  const output = mapOf(program.output, { level: 0, scale: outputScale(parameters, program.output, largestLogit) });
  return { input, layers, output, weightScale };
}

/** What errors of logits stay below: so many standard deviations of the logit and sample where they are the largest. */
function errorBound(
  program: Program,
  { input, layers, output }: Levels,
  parameters: ParametersWithPrimes,
  samples: readonly Float64Array[],
): number {
  const run = new NoisyBatch(parameters, program.input);
  let largest = 0;
  for (const sample of spread(samples, SIMULATED_SAMPLES)) {
    const { logits } = runProgram(program, sample);
    const squares = new Float64Array(logits.length);
    for (let draw = 0; draw < DRAWS; draw++) {
      run.logits(layers, output, input.scale, sample).forEach((logit, i) => {
        squares[i]! += (logit - logits[i]!) ** 2;
      });
    }
    largest = Math.max(largest, ...squares);
  }
  return MARGIN * Math.sqrt(largest / DRAWS);
}

/**
 * Plans a program for batches: the smallest N that is precise enough, and for it the most precise primes.
 *
 * @param samples of the calibration, as the network takes them
 * @throws PlanError where no parameters are precise enough, or the ciphertexts of a batch do not fit into memory
 */
export async function makeBatchPlan(
  program: Program,
  samples: readonly Float64Array[],
  requirements: Requirements,
): Promise<BatchPlan> {
  const certificate = certify(program, samples);
  const { largestLogit } = certificate;
  const total = resultLevels(program).fresh;
  let closest = Infinity;
  for (const degree of DEGREES) {
    const options = candidates(degree, total, requirements).map((parameters) => {
      const levels = levelsOf(program, parameters, largestLogit);
      return { parameters, levels, errorBound: errorBound(program, levels, parameters, samples) };
    });
    const [best] = options.sort((a, b) => a.errorBound - b.errorBound);
    if (!best) continue;
    closest = Math.min(closest, best.errorBound);
    if (best.errorBound > requirements.precision) continue;
    return planOf(program, best.parameters, best.levels, { certificate, errorBound: best.errorBound });
  }
  throw new PlanError(
    Number.isFinite(closest)
      ? `errors of logits stay above ${requirements.precision} (${closest.toPrecision(2)} is reached): ${remedyFor(program, total, true)}`
      : `no parameters of 128-bit security are large enough: ${remedyFor(program, total, true)}`,
  );
}

async function planOf(
  program: Program,
  parameters: ParametersWithPrimes,
  levels: Levels,
  known: Pick<BatchPlan, 'certificate' | 'errorBound'>,
): Promise<BatchPlan> {
  const { input, weightScale } = levels;
  const mapOf = ({ affine, at }: RoundedMap, groups: readonly RowGroup[]) =>
    batchMapOf(affine, groups, at, (source) => weightScale(at, source));
  const layers = program.layers.map(({ name, degree, bound }, i) => {
    const { map, activation, source } = levels.layers[i]!;
    return { name, degree, bound, map: mapOf(map, groupsOf(map.affine)), activation, source };
  });
  const output = mapOf(levels.output, groupsOf(levels.output.affine));
  const peak = peakOf(parameters, program.input, input.level, layers, output);
  if (peak.bytes > MAX_CIPHERTEXT_BYTES) {
    const gibibytes = (peak.bytes / GIBIBYTE).toFixed(1);
    throw new PlanError(
      `${peak.layer}: a batch of ${parameters.degree / 2} images takes ${gibibytes} GiB of ciphertexts, and an evaluator has ` +
        'room for 3.75: take fewer channels or a larger stride, a lower degree, or the layout single',
    );
  }
  const elements = elementsOf(program.input, usesOf([...layers.map(({ map }) => map), output]));
  const common = {
    parameters,
    inputShape: program.inputShape,
    source: program.input,
    elements,
    input,
    layers,
    output,
    cost: batchCost(parameters, elements.length, layers, output),
    memoryBytes: peak.bytes,
    ...known,
  };
  return new BatchPlan({ ...common, hash: await batchPlanHash(common) });
}
