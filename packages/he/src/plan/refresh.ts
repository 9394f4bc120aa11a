import type { ParametersWithPrimes } from '../ckks/parameters.js';
import type { Affine, Source } from '../compile/affine.js';
import type { Program } from '../compile/program.js';

/** Results may be so many times larger than those of the calibration until they wrap around. */
const RESULT_MARGIN = 8;

/** The levels of results: as low as those behind them allow, since fewer primes take less time. */
export interface Levels {
  /** For each layer, that of what its polynomial gives. */
  readonly results: readonly number[];
  /** That of fresh ciphertexts: of inputs, and of results that the client has encrypted again. */
  readonly fresh: number;
}

const sourcesOf = (affine: Affine) => [...affine.terms.keys()];

/** @param refreshed places of the layers whose results are refreshed */
export function resultLevels(program: Program, refreshed: ReadonlySet<number> = new Set()): Levels {
  /** For each source the level at which it is needed. */
  const needed = new Map<Source, number>();
  const need = (affine: Affine, level: number) => {
    for (const source of sourcesOf(affine)) needed.set(source, Math.max(needed.get(source) ?? 0, level));
  };
  need(program.output, 1);
  let fresh = 0;
  const results = new Array<number>(program.layers.length);
  for (let layer = program.layers.length - 1; layer >= 0; layer--) {
    const { input, steps, output } = program.layers[layer]!;
    const level = needed.get(output) ?? 0;
    if (refreshed.has(layer)) fresh = Math.max(fresh, level);
    results[layer] = refreshed.has(layer) ? 0 : level;
    need(input, results[layer]! + steps.depth + 1);
  }
  return { results, fresh: Math.max(fresh, needed.get(program.input)!) };
}

/** The fewest levels that fresh ciphertexts can have: those of one layer, if all results are refreshed. */
export function leastLevels(program: Program): number {
  return resultLevels(program, new Set(program.layers.keys())).fresh;
}

/**
 * The layers whose results the client must refresh, so that so many levels suffice: those that weigh least altogether. Results that
 * wait for a later layer, as shortcuts do, keep their level meanwhile, so that none is refreshed twice.
 *
 * @param weights for each layer, what it costs to refresh its result
 */
export function placeRefreshes(
  program: Program,
  levels: number,
  weights: readonly number[],
): ReadonlySet<number> | undefined {
  const { layers } = program;
  const maps = [...layers.map(({ input }) => input), program.output];
  /** For each source the last map that needs it. */
  const lastUse = new Map<Source, number>();
  maps.forEach((affine, i) => {
    for (const source of sourcesOf(affine)) lastUse.set(source, i);
  });
  interface Choice {
    readonly weight: number;
    readonly refreshed: readonly number[];
  }
  const known = new Map<string, Choice | undefined>();
  /** The best choice for the layers from one on, given the depths of the results that are still needed. */
  const from = (layer: number, live: ReadonlyMap<Source, number>): Choice | undefined => {
    const depth = Math.max(...sourcesOf(maps[layer]!).map((source) => live.get(source)!)) + 1;
    if (layer === layers.length) return depth <= levels ? { weight: 0, refreshed: [] } : undefined;
    const { steps, output } = layers[layer]!;
    const result = depth + steps.depth;
    if (result > levels) return undefined;
    const key = `${layer}:${[...live.values()].join()}`;
    if (known.has(key)) return known.get(key);
    const needed = [...live].filter(([source]) => lastUse.get(source)! > layer);
    const kept = from(layer + 1, new Map([...needed, [output, result]]));
    const rest = from(layer + 1, new Map([...needed, [output, 0]]));
    const fresh = rest && { weight: rest.weight + weights[layer]!, refreshed: [layer, ...rest.refreshed] };
    const best = kept && (!fresh || kept.weight <= fresh.weight) ? kept : fresh;
    known.set(key, best);
    return best;
  };
  const best = from(0, new Map([[program.input, 0]]));
  return best && new Set(best.refreshed);
}

/**
 * Whether a result of level 0 has room at a scale: whether it cannot wrap around in the first prime.
 *
 * @param largest |result| of the calibration
 */
export function hasRoom({ primes }: ParametersWithPrimes, scale: number, largest: number): boolean {
  return Number(primes[0]) > 2 * scale * RESULT_MARGIN * Math.max(largest, 1);
}
