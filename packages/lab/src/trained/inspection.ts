import type { Module } from '@pnn/nn';
import {
  effectivePolynomials,
  type FittedPolynomial,
  fewestLevels,
  fitPolynomial,
  networkDepth,
  type SchemeCost,
  schemeCosts,
} from '@pnn/pnn';
import type { InputRange } from '../report/record.js';
import type { TrainedNetwork } from './trained-network.js';

/** A layer of a network that is made of no other layers. */
export interface ModuleRecord {
  /** Its path in the network. */
  readonly name: string;
  readonly kind: string;
  readonly description: string;
  /** The number of its trainable scalars. */
  readonly parameters: number;
}

/** What a polynomial of a lower degree would save. */
export interface LowerDegreeRecord {
  readonly degree: number;
  /** The levels that are left by the scheme with the fewest. */
  readonly depth: number;
  readonly savedLevels: number;
  readonly savedMultiplications: number;
  /** The largest error of its fit on the same [−B, B]. */
  readonly error: number;
}

/** A polynomial activation of a network. */
export interface PolynomialRecord {
  readonly name: string;
  readonly target: string;
  readonly degree: number;
  readonly bound: number;
  readonly alpha: number;
  /** Polynomials of the layer: one, or one for each channel; what follows is of the first. */
  readonly polynomials: number;
  /** p(x) = Σ c_k T_k(x/B), from T_0 on. */
  readonly coefficients: readonly number[];
  /** The largest |p(x) − target(x)| on [−B, B]. */
  readonly error: number;
  readonly schemes: readonly SchemeCost[];
  readonly lower: readonly LowerDegreeRecord[];
  /** The inputs that were observed; null if nobody has looked. */
  readonly range: InputRange | null;
}

/** What a network is made of, and what it would cost on ciphertexts. */
export interface InspectionRecord {
  readonly model: string;
  readonly parameters: number;
  readonly modules: readonly ModuleRecord[];
  readonly layers: readonly PolynomialRecord[];
  /** Levels of the whole network on its longest path, by the scheme with the fewest. */
  readonly depth: number;
  /** Where the ranges come from, such as `mnist/test`; null if there are none. */
  readonly data: string | null;
}

function moduleRecords(network: Module): ModuleRecord[] {
  const all = [...network.namedModules()];
  return all
    .filter(([name]) => !all.some(([other]) => other !== name && (name === '' || other.startsWith(`${name}.`))))
    .map(([name, module]) => ({
      name,
      kind: module.constructor.name,
      description: module.describe(),
      parameters: module.parameterCount(),
    }));
}

/** The highest degree of each number of levels below those of the polynomial. */
function lowerDegrees(polynomial: FittedPolynomial): LowerDegreeRecord[] {
  const { target, bound, degree, method } = polynomial;
  const own = fewestLevels(polynomial);
  const records: LowerDegreeRecord[] = [];
  let depth = own.depth;
  for (let lower = degree - 1; lower >= 1; lower--) {
    const fit = fitPolynomial(target, {
      degree: lower,
      bound,
      method: method === 'density' ? 'least-squares' : method,
    });
    const cost = fewestLevels(fit);
    if (cost.depth >= depth) continue;
    depth = cost.depth;
    records.push({
      // That of a target like ReLU has no odd terms but the first.
      degree: fit.coefficients.findLastIndex((coefficient) => coefficient !== 0),
      depth,
      savedLevels: own.depth - depth,
      savedMultiplications: own.multiplications - cost.multiplications,
      error: fit.maxError(),
    });
  }
  return records;
}

/**
 * Looks into a network.
 *
 * @param ranges of the inputs of each polynomial activation, if they are known
 * @param data where they come from
 */
export async function inspectTrained(
  trained: TrainedNetwork,
  ranges: readonly InputRange[] | null,
  data: string | null,
): Promise<InspectionRecord> {
  const { path, network, description, activations } = trained;
  const layers = await Promise.all(
    activations.map(async ([name, activation], i): Promise<PolynomialRecord> => {
      const polynomials = await effectivePolynomials(activation);
      const polynomial = polynomials[0]!;
      return {
        name,
        target: polynomial.target,
        degree: polynomial.degree,
        bound: activation.bound,
        alpha: activation.alpha,
        polynomials: polynomials.length,
        coefficients: Array.from(polynomial.coefficients),
        error: polynomial.maxError(),
        schemes: schemeCosts(polynomial),
        lower: lowerDegrees(polynomial),
        range: ranges?.[i] ?? null,
      };
    }),
  );
  const levels = layers.map(({ schemes }) => Math.min(...schemes.map(({ depth }) => depth)));
  return {
    model: path,
    parameters: network.parameterCount(),
    modules: moduleRecords(network),
    layers,
    depth: networkDepth(network, description.inputShape, levels),
    data,
  };
}
