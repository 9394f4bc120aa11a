import { apply, view } from '../apply.js';
import { checkElement } from '../dtype.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { concat } from '../functions/movement.js';
import { operators } from '../operators/index.js';
import { formatShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { along } from './movement.js';

/** What stands where `pad` adds elements: a number, or elements of the tensor under PyTorch's names. */
export type PadFill = number | 'replicate' | 'reflect' | 'circular';

/** Elements along an axis that go before and after what is there. */
interface Extension {
  /** The longest that it can be on each side of an axis of this length. */
  limit(length: number): number;
  before(x: Tensor, axis: number, width: number): Tensor;
  after(x: Tensor, axis: number, width: number): Tensor;
}

/** The element at a place, `width` times. */
function repeated(x: Tensor, axis: number, place: number, width: number): Tensor {
  return along(x, axis, place, 1).broadcastTo(x.shape.map((length, each) => (each === axis ? width : length)));
}

const extensions: Readonly<Record<Exclude<PadFill, number>, Extension>> = {
  replicate: {
    limit: (length) => (length === 0 ? 0 : Number.POSITIVE_INFINITY),
    before: (x, axis, width) => repeated(x, axis, 0, width),
    after: (x, axis, width) => repeated(x, axis, x.shape[axis]! - 1, width),
  },
  reflect: {
    limit: (length) => Math.max(0, length - 1),
    before: (x, axis, width) => along(x, axis, width, width, -1),
    after: (x, axis, width) => along(x, axis, x.shape[axis]! - 2, width, -1),
  },
  circular: {
    limit: (length) => length,
    before: (x, axis, width) => along(x, axis, x.shape[axis]! - width, width),
    after: (x, axis, width) => along(x, axis, 0, width),
  },
};

function extend(x: Tensor, axis: number, [before, after]: readonly [number, number], fill: keyof typeof extensions) {
  if (before === 0 && after === 0) return x;
  const extension = extensions[fill];
  const limit = extension.limit(x.shape[axis]!);
  if (Math.max(before, after) > limit) {
    throw new ShapeError(
      `pad: ${fill} by [${before},${after}] along axis ${axis} of ${formatShape(x.shape)}: its elements give ${limit} ` +
        'on each side at most: pad several times, or with a number',
    );
  }
  return concat(
    [
      ...(before > 0 ? [extension.before(x, axis, before)] : []),
      x,
      ...(after > 0 ? [extension.after(x, axis, after)] : []),
    ],
    axis,
  );
}

/** With elements added before and after each axis, or (negative widths) taken away. */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[], fill: PadFill): Tensor {
  const cut = (width: number) => Math.max(0, -width);
  if (
    widths.length !== x.rank ||
    !widths.flat().every(Number.isInteger) ||
    widths.some(([before, after], axis) => cut(before) + cut(after) > x.shape[axis]!)
  ) {
    throw new ShapeError(
      `pad: [${widths.map((pair) => `[${pair}]`)}] for ${formatShape(x.shape)}: every axis needs two integers, and ` +
        'negative ones must not take away more than there is',
    );
  }
  if (typeof fill === 'string' && !Object.hasOwn(extensions, fill)) {
    throw new ArgumentError(
      `pad: fill must be a number or one of ${Object.keys(extensions).join(', ')}, not '${fill}'`,
    );
  }
  const kept = widths.some((pair) => pair.some((width) => width < 0))
    ? x.slice(widths.map(([before, after], axis) => [cut(before), x.shape[axis]! - cut(after)] as const))
    : x;
  const added = widths.map(([before, after]) => [Math.max(0, before), Math.max(0, after)] as const);
  if (typeof fill === 'string') {
    const padded = added.reduce((result, pair, axis) => extend(result, axis, pair, fill), kept);
    return padded === x ? view(x) : padded;
  }
  checkElement('pad', fill, x.dtype);
  return apply(operators.pad, [kept], {
    starts: added.map(([before]) => before),
    shape: kept.shape.map((length, axis) => added[axis]![0] + length + added[axis]![1]),
    steps: kept.shape.map(() => 1),
    value: fill,
  })[0]!;
}
