import type { Shape } from '@pnn/nn';
import type { Affine, Source } from '../compile/affine.js';
import { type Layout, layoutFor, layoutsFor } from './layout.js';
import { forOffsets, MAX_DIAGONALS, type OffsetUse, splitOffsets } from './matvec.js';

/** What operations cost in relation, for choices between layouts. */
export interface LayoutCosts {
  readonly rotation: number;
  readonly product: number;
  /** What is computed of each ciphertext of the result. */
  readonly ciphertext: number;
}

/** Which ciphertexts of the operands go into which of the result, at which offsets; undefined if there are too many. */
function offsetsOf(
  affine: Affine,
  sources: readonly Source[],
  layouts: ReadonlyMap<Source, Layout>,
  to: Layout,
  period: number,
  slots: number,
): OffsetUse[] | undefined {
  const operands = sources.reduce((sum, source) => sum + layouts.get(source)!.ciphertexts, 0);
  // One byte for each operand, result and offset, which is from −slots to slots.
  const seen = new Uint8Array(operands * to.ciphertexts * 2 * slots);
  const uses: OffsetUse[] = [];
  let first = 0;
  for (const source of sources) {
    const layout = layouts.get(source)!;
    forOffsets(affine.terms.get(source)!, { layout, first }, to, period, slots, (operand, result, offset) => {
      const at = ((operand * to.ciphertexts + result) * 2 + 1) * slots + offset;
      if (seen[at]) return;
      seen[at] = 1;
      if (uses.length <= MAX_DIAGONALS) uses.push({ operand, result, offset });
    });
    first += layout.ciphertexts;
  }
  return uses.length > MAX_DIAGONALS ? undefined : uses;
}

/** The layout of the result of an affine map that costs least: the operands' layouts are given. */
export function chooseLayout(
  affine: Affine,
  shape: Shape,
  slots: number,
  layouts: ReadonlyMap<Source, Layout>,
  costs: LayoutCosts,
): Layout {
  const sources = [...affine.terms.keys()].filter((source) => layouts.has(source));
  const ofSources = sources.map((source) => layouts.get(source)!);
  const options = sources.length === 0 ? [] : layoutsFor(shape, slots, ofSources);
  if (options.length < 2) return layoutFor(shape, slots);
  const period = Math.max(...ofSources.map((layout) => layout.period));
  const cost = (layout: Layout): number => {
    const uses = offsetsOf(affine, sources, layouts, layout, period, slots);
    if (!uses) return Infinity;
    const folds = Math.max(0, Math.log2(period / layout.period)) * layout.ciphertexts;
    const { rotations } = splitOffsets(uses, slots);
    return costs.rotation * (rotations + folds) + costs.product * uses.length + costs.ciphertext * layout.ciphertexts;
  };
  const all = options.map((layout) => ({ layout, cost: cost(layout) }));
  return all.reduce((best, option) => (option.cost < best.cost ? option : best)).layout;
}
