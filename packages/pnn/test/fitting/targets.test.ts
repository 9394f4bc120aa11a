import { ArgumentError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TargetName, targetFunction, targetName } from '../../src/fitting/index.js';

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
