import { checkGradients, customOperator, grad, noGrad, requireGrad } from '@pnn/autograd';
import { ArgumentError, memory, scope, type Tensor, tensor } from '@pnn/tensor';
import { describe, expect, it } from 'vitest';

const float64 = { dtype: 'float64' } as const;

const cube = customOperator({
  name: 'cube',
  forward: ([x]) => x!.mul(x!).mul(x!),
  vjps: [(g, c) => g.mul(c.input(0).square().mul(3))],
});

/** e^{sx} with the scale s as an attribute, differentiated by its output. */
const scaledExp = customOperator<{ readonly scale: number }>({
  name: 'scaledExp',
  forward: ([x], { scale }) => x!.mul(scale).exp(),
  vjps: [(g, c) => g.mul(c.output(0)).mul(c.attributes.scale)],
});

const product = customOperator({
  name: 'product',
  forward: ([a, b]) => a!.mul(b!),
  vjps: [(g, c) => g.mul(c.input(1)).sumTo(c.shape(0)), (g, c) => g.mul(c.input(0)).sumTo(c.shape(1))],
});

describe('a custom operator', () => {
  it('is differentiated by its vjps, to any order', () => {
    scope(() => {
      const x = tensor([[1, -2, 0.5]], float64);
      checkGradients((a) => cube([a]), [x], { order: 2 });
      checkGradients((a) => scaledExp([a], { scale: -0.7 }), [x], { order: 2 });
      checkGradients((a, b) => product([a, b]), [x, tensor([[2], [3]], float64)], { order: 2 });
      checkGradients((a) => product([a, cube([a])]), [x], { order: 2 });
      const leaf = requireGrad(tensor([2], float64));
      let y = cube([leaf]);
      const derivatives = [1, 2, 3].map(() => {
        [y] = grad(y, [leaf], { createGraph: true }) as [Tensor];
        return y.itemSync();
      });
      expect(derivatives).toEqual([12, 12, 6]);
    });
  });

  it('may have inputs without gradients', () => {
    const masked = customOperator({
      name: 'masked',
      forward: ([x, mask]) => x!.mul(mask!),
      vjps: [(g, c) => g.mul(c.input(1)), undefined],
    });
    scope(() => {
      const [x, mask] = [requireGrad(tensor([1, 2])), requireGrad(tensor([0, 1]))];
      const [toX, toMask] = grad(masked([x, mask]).sum(), [x, mask]) as [Tensor, Tensor];
      expect([...toX.dataSync()]).toEqual([0, 1]);
      expect([...toMask.dataSync()]).toEqual([0, 0]);
    });
  });

  it('does not record what happens inside', () => {
    let inside: Tensor | undefined;
    const spied = customOperator({
      name: 'spied',
      forward: ([x]) => {
        inside = x!.mul(2);
        expect(inside.requiresGrad).toBe(false);
        return inside;
      },
      vjps: [(g) => g.mul(2)],
    });
    scope(() => {
      expect(spied([requireGrad(tensor([1]))]).requiresGrad).toBe(true);
      expect(noGrad(() => spied([requireGrad(tensor([1]))])).requiresGrad).toBe(false);
      expect(spied([tensor([1])]).requiresGrad).toBe(false);
    });
    expect(inside!.disposed).toBe(true);
  });

  it('may give back its input, which keeps its own history', () => {
    const same = customOperator({ name: 'same', forward: ([x]) => x!, vjps: [(g) => g.mul(10)] });
    scope(() => {
      const x = requireGrad(tensor([1, 2]));
      same([x]).sum().backward();
      expect([...x.grad!.dataSync()]).toEqual([10, 10]);
      expect(() => x.assign(tensor([3, 4]))).not.toThrow();
    });
  });

  it('leaves nothing behind but its result, outside of scopes as well', () => {
    const x = tensor([1, 2], float64);
    const before = memory();
    const y = cube([x]);
    expect(memory().tensors - before.tensors).toBe(1);
    expect(memory().buffers - before.buffers).toBe(1);
    y.dispose();
    expect(memory()).toEqual(before);
    x.dispose();
  });

  it('says by its name what went wrong', () => {
    scope(() => {
      const x = requireGrad(tensor([1, 2]));
      expect(() => cube([x, x])).toThrow(ArgumentError);
      expect(() => cube([x, x])).toThrow('cube: 2 inputs for 1 vjps: give one vjp for each input');
      const y = cube([x]).sum();
      x.assign(tensor([3, 4]));
      expect(() => y.backward()).toThrow('backward of cube: input 0 [2] was changed in place');
      const z = cube([x]).sum();
      z.backward();
      expect(() => z.backward()).toThrow('the graph was released by an earlier backward');
    });
  });
});
