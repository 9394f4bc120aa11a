import { apply } from '../apply.js';
import { operators } from '../operators/index.js';
import { normalizeAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { pad } from './padding.js';

/** Which elements go into the result at a place of an axis. */
export interface ScanOptions {
  /**
   * Those before the place only, without its own.
   *
   * @default false
   */
  readonly exclusive?: boolean;
  /**
   * Those from the end of the axis down to the place, instead of from its beginning.
   *
   * @default false
   */
  readonly reverse?: boolean;
}

/** Sums or products of the elements so far. */
export function running(name: 'cumsum' | 'cumprod', x: Tensor, axis: number, options: ScanOptions = {}): Tensor {
  const { exclusive = false, reverse = false } = options;
  const at = normalizeAxis(name, axis, x.rank);
  const [inclusive] = apply(operators[name], [x], { axis: at, reverse }) as [Tensor];
  if (!exclusive || x.shape[at] === 0) return inclusive;
  const shift = reverse ? ([-1, 1] as const) : ([1, -1] as const);
  return pad(
    inclusive,
    x.shape.map((_, each) => (each === at ? shift : [0, 0])),
    name === 'cumsum' ? 0 : 1,
  );
}
