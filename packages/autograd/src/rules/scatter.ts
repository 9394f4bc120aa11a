import { arange, full, linearRecurrence, type ScatterReduction, type Shape, type Tensor, where } from '@pnn/tensor';
import type { Context } from '../rule.js';
import { neighbor } from './neighbor.js';

type Scatter = Context<{ readonly axis: number; readonly reduction: ScatterReduction }>;

/** The gradients of what elements are scattered into, and of these elements. */
interface ScatterGradients {
  ofBase(g: Tensor, call: Scatter): Tensor;
  ofSource(g: Tensor, call: Scatter): Tensor;
}

function alike(shape: Shape, value: number, { dtype, device }: Tensor): Tensor {
  return full(shape, value, { dtype, device });
}

/** The index without repeated axes. */
function fullIndex(c: Scatter): Tensor {
  return c.input(1).broadcastTo(c.shape(2));
}

/** What goes to each place of the result is what the source gets from there. */
function picked(g: Tensor, c: Scatter): Tensor {
  return g.gather(c.attributes.axis, c.input(1));
}

/** Whether an element of the source is the last one that goes to its place. */
function isLast(c: Scatter): Tensor {
  const { axis } = c.attributes;
  const shape = c.shape(2);
  const index = fullIndex(c);
  const order = arange(0, shape[axis]!, 1, { dtype: 'int32', device: index.device })
    .reshape(shape.map((length, each) => (each === axis ? length : 1)))
    .broadcastTo(shape);
  return alike(c.shape(0), -1, index).scatter(axis, index, order).gather(axis, index).equal(order);
}

/**
 * For each element of the source the product of all others that go to its place: with elements ordered by their places,
 * the product of those before it, times that of those after it. Without a division, so that factors may be 0.
 */
function productsOfOthers(c: Scatter): Tensor {
  const { axis } = c.attributes;
  const index = fullIndex(c);
  const order = index.argsort(axis);
  const places = index.gather(axis, order);
  const source = c.input(2).gather(axis, order);
  const [before, after] = (['before', 'after'] as const).map((side) => {
    const isFirst = places.notEqual(neighbor(places, axis, side, -1));
    const factors = where(isFirst, alike([], 0, source), neighbor(source, axis, side, 0));
    return linearRecurrence(factors, isFirst.cast(source.dtype), axis, { reverse: side === 'after' });
  }) as [Tensor, Tensor];
  return before.mul(after).scatterAdd(axis, order, c.shape(2)[axis]!);
}

/** Equal extreme elements share the gradient evenly, those of the base among them. */
function sharesOf(g: Tensor, c: Scatter): { base: Tensor; source: Tensor } {
  const { axis } = c.attributes;
  const index = fullIndex(c);
  const base = c.input(0).equal(c.output(0)).cast(g.dtype);
  const source = c
    .input(2)
    .equal(picked(c.output(0), c))
    .cast(g.dtype);
  const each = g.div(base.scatter(axis, index, source, 'add'));
  return { base: base.mul(each), source: source.mul(each.gather(axis, index)) };
}

const ofExtreme: ScatterGradients = {
  ofBase: (g, c) => sharesOf(g, c).base,
  ofSource: (g, c) => sharesOf(g, c).source,
};

/** How each way to join scattered elements is differentiated. */
export const scatterGradients: Readonly<Record<ScatterReduction, ScatterGradients>> = {
  replace: {
    ofBase: (g, c) => g.scatter(c.attributes.axis, c.input(1), 0),
    ofSource: (g, c) => where(isLast(c), picked(g, c), alike([], 0, g)),
  },
  add: { ofBase: (g) => g.reshape(g.shape), ofSource: picked },
  mul: {
    ofBase: (g, c) => g.mul(alike(c.shape(0), 1, g).scatter(c.attributes.axis, c.input(1), c.input(2), 'mul')),
    ofSource: (g, c) => picked(g.mul(c.input(0)), c).mul(productsOfOthers(c)),
  },
  max: ofExtreme,
  min: ofExtreme,
};
