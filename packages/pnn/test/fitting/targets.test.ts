import { checkGradients, grad, requireGrad } from '@pnn/autograd';
import { ArgumentError, scope, tensor } from '@pnn/tensor';
import { gpu } from '@pnn/tensor/gpu';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { PolynomialActivation } from '../../src/activation/polynomial-activation.js';
import {
  fitPolynomial,
  type TargetEntry,
  type TargetName,
  targetEntry,
  targetFunction,
  targetName,
  targetNames,
  targets,
} from '../../src/fitting/index.js';

const NAMES: TargetName[] = ['relu', 'silu', 'gelu', 'sigmoid', 'tanh', 'softplus'];

function expectRelative(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected));
}

describe('targetFunction', () => {
  // Columns: x, silu, gelu, sigmoid, tanh, softplus; computed with 40 digits.
  it.each([
    [-30, -2.8072868906517896e-12, -1.472014178144456e-196, 9.357622968839299e-14, -1.0, 9.357622968839737e-14],
    [
      -5, -0.03346425462142428, -1.4332578593959695e-6, 0.0066928509242848554, -0.9999092042625951,
      0.006715348489118068,
    ],
    [-1.25, -0.27837517353163604, -0.13206221708356908, 0.22270013882530884, -0.8482836399575129, 0.2519290813453729],
    [0.5, 0.3112296656009273, 0.34573123063700656, 0.6224593312018546, 0.46211715726000974, 0.9740769841801067],
    [3, 2.8577223804672998, 2.99595030590511, 0.9525741268224333, 0.9950547536867305, 3.048587351573742],
    [30, 29.999999999997193, 30.0, 0.9999999999999064, 1.0, 30.000000000000092],
  ])('is right at %d', (x, ...expected) => {
    const names = ['silu', 'gelu', 'sigmoid', 'tanh', 'softplus'] as const;
    names.forEach((name, i) => {
      expectRelative(targetFunction(name)(x), expected[i]!, x < -20 ? 1e-12 : 4e-15);
    });
    expect(targetFunction('relu')(x)).toBe(Math.max(x, 0));
  });

  it('stays finite and takes its limits however large |x| is', () => {
    const size = fc.double({ min: 50, max: Number.MAX_VALUE, noNaN: true });
    fc.assert(
      fc.property(size, (x) => {
        for (const name of ['relu', 'silu', 'gelu', 'softplus'] as const) {
          const f = targetFunction(name);
          expectRelative(f(x), x, 1e-15);
          expect(Math.abs(f(-x))).toBeLessThan(1e-19);
        }
        expect(targetFunction('sigmoid')(x)).toBe(1);
        expect(targetFunction('sigmoid')(-x)).toBeLessThan(1e-21);
        expect(targetFunction('tanh')(-x)).toBe(-1);
      }),
    );
  });

  it('obeys f(x) - f(-x) = x for relu, silu, gelu and softplus', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('relu', 'silu', 'gelu', 'softplus'),
        fc.double({ min: -100, max: 100, noNaN: true }),
        (name, x) => {
          const f = targetFunction(name);
          expect(Math.abs(f(x) - f(-x) - x)).toBeLessThanOrEqual(1e-15 * (1 + Math.abs(x)));
        },
      ),
    );
  });

  it('passes functions through and rejects unknown names', () => {
    const square = (x: number): number => x * x;
    expect(targetFunction(square)).toBe(square);
    expect(() => targetFunction('mish' as TargetName)).toThrow(ArgumentError);
    expect(() => targetFunction('mish' as TargetName)).toThrow(new RegExp(NAMES.join(', ')));
    expect(() => targetFunction('toString' as TargetName)).toThrow(ArgumentError);
  });

  it('names targets', () => {
    const square = (x: number): number => x * x;
    expect(NAMES.map(targetName)).toEqual(NAMES);
    expect(targetName(square)).toBe('square');
    expect([(x: number): number => x].map(targetName)).toEqual(['custom']);
  });
});

describe('targets', () => {
  const entry: TargetEntry = {
    name: 'leaky test',
    evaluate: (x) => Math.max(x, 0.1 * x),
    apply: (x) => x.maximum(x.mul(0.1)),
  };

  it('makes a target known everywhere, as those of the package are', () => {
    const before = targets.names();
    expect(before).toEqual([...targetNames]);
    expect(() => fitPolynomial('leaky test', { degree: 4, bound: 2 })).toThrow(
      new ArgumentError("no target is called 'leaky test'; there are relu, silu, gelu, sigmoid, tanh, softplus"),
    );
    targets.register(entry);
    expect(targets.names()).toEqual([...before, 'leaky test']);
    expect(targetEntry('leaky test')).toBe(entry);
    expect(fitPolynomial('leaky test', { degree: 4, bound: 2 }).target).toBe('leaky test');
    const activation = new PolynomialActivation({ target: 'leaky test', degree: 4, bound: 2 });
    activation.approximating = false;
    expect(activation.forward(tensor([-1, 2])).dataSync()).toEqual(Float32Array.of(-0.1, 2));
    expect(() => targets.register(entry)).toThrow("the name 'leaky test' is taken by another target");
    expect(() => targets.register({ ...entry, name: 'relu' })).toThrow(ArgumentError);
    expect(() => targets.register({ ...entry, name: '' })).toThrow(ArgumentError);
  });

  it('is not asked of its own: the tensor operations of every target give its function, to both derivatives', () => {
    const points = Float64Array.of(-7, -1.3, -0.2, 0.4, 2.1, 9);
    for (const name of targetNames) {
      const { evaluate, apply } = targetEntry(name);
      const values = apply(tensor(points)).dataSync();
      for (const [i, x] of points.entries()) expectRelative(values[i]!, evaluate(x), 1e-12);
      checkGradients(apply, [tensor(points)], { order: 2 });
    }
  });
});

describe('a function of numbers on tensors', () => {
  it('gives its values, and derivatives of every order by differences', () => {
    const { name, apply } = targetEntry(Math.sin);
    expect(name).toBe('sin');
    scope(() => {
      const x = requireGrad(tensor(Float64Array.of(-4, 0.3, 1, 50)));
      const y = apply(x);
      const [slope] = grad(y.sum(), [x], { createGraph: true });
      const [curvature] = grad(slope!.sum(), [x]);
      x.dataSync().forEach((at, i) => {
        expect(y.dataSync()[i]).toBe(Math.sin(at));
        expect(slope!.dataSync()[i]).toBeCloseTo(Math.cos(at), 7);
        expect(curvature!.dataSync()[i]).toBeCloseTo(-Math.sin(at), 3);
      });
    });
  });

  it('is called with the number alone', () => {
    const f = vi.fn((x: number) => x);
    targetEntry(f).apply(tensor([3, 4]));
    expect(f.mock.calls).toEqual([[3], [4]]);
  });

  it('says what to do on a device that cannot be read at once', async () => {
    const device = await gpu({ mode: 'cpu' });
    const x = tensor([1], { device });
    expect(targetEntry(Math.abs).apply(x).dataSync()).toEqual(Float32Array.of(1));
    const { readNow } = device.memory;
    Object.assign(device.memory, { readNow: undefined });
    expect(() => targetEntry(Math.abs).apply(x)).toThrow(
      new ArgumentError(
        'abs: a function of numbers cannot be computed on gpu (cpu): ' +
          'targets.register() it with the operations of tensors that it consists of, and give its name',
      ),
    );
    Object.assign(device.memory, { readNow });
  });
});
