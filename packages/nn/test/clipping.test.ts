import { ArgumentError, type FloatDType, memory, scope, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenCase, loadGolden } from '../../../test/golden/load.js';
import { clipGradientNorm, clipGradientValue, totalNorm } from '../src/clipping.js';
import type { Parameter } from '../src/parameter.js';
import type { ParameterGroup } from '../src/parameter-groups.js';
import { bitsOf, expectClose, giveGradient, parameterOf } from './trained-parameters.js';

function parameterWith(gradient: readonly number[], dtype: FloatDType = 'float64'): Parameter {
  const parameter = parameterOf(
    gradient.map(() => 0),
    { dtype },
  );
  giveGradient(parameter, gradient);
  return parameter;
}

/** Like γ or β of BatchNorm. */
function normalizing(gradient: readonly number[]): Parameter {
  const parameter = parameterOf(gradient, { role: 'normalization' });
  giveGradient(parameter, gradient);
  return parameter;
}

function gradientOf(parameter: Parameter): number[] {
  return Array.from(parameter.grad!.dataSync());
}

function replay({ subject, attributes, inputs, outputs }: GoldenCase): void {
  const parameters = Object.values(inputs).map(({ data }) => parameterWith(data));
  const { maxNorm, normType, clipValue } = attributes as Record<string, number>;
  if (subject === 'clipGradNorm') {
    const norm = clipGradientNorm(parameters, maxNorm!, { norm: normType! });
    expectClose([norm.itemSync()], outputs.norm!.data, 'norm');
  } else clipGradientValue(parameters, clipValue!);
  Object.keys(inputs).forEach((name, i) => {
    expectClose(gradientOf(parameters[i]!), outputs[name]!.data, name);
  });
}

const goldens = loadGolden('optimizers').filter(({ subject }) => subject.startsWith('clipGrad'));

describe('clipping follows PyTorch', () => {
  it('in every stored case', () => expect(goldens.length).toBe(19));
  it.each(goldens.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => replay(golden));
});

/** Gradients of a few parameters, of all sizes from 1e-8 to 1e8, zeros among them. */
const gradients = fc.array(
  fc
    .tuple(fc.integer({ min: -8, max: 8 }), fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 7 }))
    .map(([exponent, values]) => values.map((value) => Math.fround(value * 10 ** exponent))),
  { minLength: 1, maxLength: 4 },
);
const norms = fc.constantFrom(1, 2, Number.POSITIVE_INFINITY);
const limits = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
const floats = fc.constantFrom<FloatDType>('float32', 'float64');
/** The relative error of a norm, of the factor and of the scaled elements together. */
const rounding = { float32: 1e-6, float64: 1e-14 };

function normOf(vectors: readonly (readonly number[])[], p: number): number {
  const magnitudes = vectors.flat().map(Math.abs);
  if (p === Number.POSITIVE_INFINITY) return Math.max(0, ...magnitudes);
  return p === 1 ? magnitudes.reduce((sum, value) => sum + value, 0) : Math.hypot(...magnitudes);
}

describe('totalNorm', () => {
  it('is that of all elements of all tensors, 0 without any', () => {
    fc.assert(
      fc.property(gradients, floats, (vectors, dtype) => {
        const tensors = vectors.map((vector) => tensor(vector, { dtype }));
        const norm = totalNorm(tensors, tensor([0], { dtype }));
        expect([norm.dtype, norm.rank]).toEqual([dtype, 0]);
        const exact = normOf(vectors, 2);
        expect(Math.abs(norm.itemSync() - exact)).toBeLessThanOrEqual(rounding[dtype] * exact + 1e-18);
      }),
    );
    expect(totalNorm([], tensor([1])).itemSync()).toBe(0);
  });

  it.each([1e30, 1e-30])('takes types together whose squares float32 cannot hold, of elements near %d', (size) => {
    const tensors = [tensor([3 * size]), tensor([4 * size], { dtype: 'float64' })];
    expect(totalNorm(tensors, tensor([0])).itemSync() / size).toBeCloseTo(5, 5);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('is not finite where there is %d', (x) => {
    expect(Number.isFinite(totalNorm([tensor([1, 2]), tensor([3, x])], tensor([0])).itemSync())).toBe(false);
  });
});

describe('clipGradientNorm', () => {
  it('returns the norm before and leaves one of at most maxNorm in the same direction', () => {
    fc.assert(
      fc.property(gradients, limits, norms, floats, (vectors, maxNorm, p, dtype) => {
        const parameters = vectors.map((vector) => parameterWith(vector, dtype));
        const before = normOf(vectors, p);
        const norm = clipGradientNorm(parameters, maxNorm, { norm: p }).itemSync();
        const epsilon = rounding[dtype];
        // The squares of numbers below 1e-19 vanish in float32.
        expect(Math.abs(norm - before)).toBeLessThanOrEqual(epsilon * before + 1e-18);
        const after = parameters.map(gradientOf);
        expect(normOf(after, p)).toBeLessThanOrEqual(maxNorm * (1 + epsilon));
        const factor = Math.min(1, maxNorm / (before + 1e-6));
        after.flat().forEach((value, i) => {
          const expected = vectors.flat()[i]! * factor;
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(2 * epsilon * Math.abs(expected) + 1e-44);
        });
      }),
    );
  });

  it('does not change a bit of gradients whose norm is below maxNorm', () => {
    fc.assert(
      fc.property(gradients, norms, floats, (vectors, p, dtype) => {
        const parameters = vectors.map((vector) => parameterWith(vector, dtype));
        const before = parameters.map(({ grad }) => bitsOf(grad!));
        clipGradientNorm(parameters, normOf(vectors, p) * 1.00001 + 2e-6, { norm: p });
        expect(parameters.map(({ grad }) => bitsOf(grad!))).toEqual(before);
      }),
    );
  });

  it('neither counts nor changes groups that are not clipped', () => {
    fc.assert(
      fc.property(gradients, gradients, limits, norms, (vectors, others, maxNorm, p) => {
        const weights = vectors.map((vector) => parameterWith(vector));
        const gammas = others.map((vector) => parameterWith(vector));
        const groups: readonly ParameterGroup[] = [
          { name: 'normalization', parameters: gammas, clipped: false },
          { name: 'weight', parameters: weights, clipped: true },
        ];
        const before = gammas.map(({ grad }) => bitsOf(grad!));
        const norm = clipGradientNorm(groups, maxNorm, { norm: p }).itemSync();
        expect(gammas.map(({ grad }) => bitsOf(grad!))).toEqual(before);
        const alone = vectors.map((vector) => parameterWith(vector));
        expect(norm).toBe(clipGradientNorm(alone, maxNorm, { norm: p }).itemSync());
        expect(weights.map(({ grad }) => bitsOf(grad!))).toEqual(alone.map(({ grad }) => bitsOf(grad!)));
        clipGradientValue(groups, 1e-9);
        expect(gammas.map(({ grad }) => bitsOf(grad!))).toEqual(before);
      }),
    );
  });

  it('takes a plain list by role, so that γ and β neither count nor change', () => {
    const make = () => [parameterWith([3, 4]), normalizing([12]), parameterWith([1])] as const;
    const [list, grouped] = [make(), make()];
    const norm = clipGradientNorm(list, 1).itemSync();
    const groups = [
      { name: 'weight', parameters: [grouped[0], grouped[2]] },
      { name: 'normalization', parameters: [grouped[1]], clipped: false },
    ];
    expect(norm).toBe(clipGradientNorm(groups, 1).itemSync());
    expect(norm).toBe(Math.sqrt(26));
    expect(list.map(gradientOf)).toEqual(grouped.map(gradientOf));
    clipGradientValue(list, 0.01);
    expect(list.map(gradientOf)).toEqual([[0.01, 0.01], [12], [0.01]]);
    const alike = make();
    expect(clipGradientNorm([{ name: 'parameters', parameters: alike }], 1).itemSync()).toBe(Math.sqrt(170));
    expect(gradientOf(alike[1])[0]).toBeLessThan(1);
  });

  it('refuses a plain list of which nothing would be clipped', () => {
    const list = [normalizing([1]), normalizing([2])];
    const message =
      'all 2 parameters belong to normalization, which a plain list leaves alone: ' +
      "pass [{ name: 'parameters', parameters }] to clip them";
    expect(() => clipGradientNorm(list, 1)).toThrow(new ArgumentError(`clipGradientNorm: ${message}`));
    expect(() => clipGradientValue(list, 1)).toThrow(new ArgumentError(`clipGradientValue: ${message}`));
    expect(clipGradientNorm([{ name: 'own', parameters: list, clipped: false }], 1).itemSync()).toBe(0);
  });

  it('scales a gradient once that several summands share', () => {
    const clipped = parameterOf([0, 0]);
    const alike = parameterOf([0, 0]);
    const free = parameterOf([0, 0], { role: 'normalization' });
    const factors = tensor(Float64Array.of(3, 4));
    clipped.add(alike).add(free).backward(factors);
    const norm = clipGradientNorm(
      [
        { name: 'weight', parameters: [clipped, alike] },
        { name: 'normalization', parameters: [free], clipped: false },
      ],
      1,
    );
    expectClose([norm.itemSync()], [Math.sqrt(50)], 'norm');
    const scaled = [3, 4].map((value) => value / (Math.sqrt(50) + 1e-6));
    expectClose(gradientOf(clipped), scaled, 'clipped');
    expectClose(gradientOf(alike), scaled, 'alike');
    expect(gradientOf(free)).toEqual([3, 4]);
    expect(Array.from(factors.dataSync())).toEqual([3, 4]);
  });

  it('mixes float types, in the type of the first parameter', () => {
    const parameters = [parameterWith([3], 'float32'), parameterWith([4], 'float64')];
    const norm = clipGradientNorm(parameters, 1);
    expect([norm.dtype, norm.itemSync()]).toEqual(['float32', 5]);
    expectClose(gradientOf(parameters[1]!), [4 * Math.fround(1 / Math.fround(5 + 1e-6))], 'float64 gradient');
  });

  it('measures 0 where there are no gradients, and only measures with Infinity', () => {
    expect(clipGradientNorm([parameterOf([1])], 1).itemSync()).toBe(0);
    const parameter = parameterWith([3, 4]);
    expect(clipGradientNorm([parameter], Number.POSITIVE_INFINITY).itemSync()).toBe(5);
    expect(gradientOf(parameter)).toEqual([3, 4]);
  });

  it('shows what is not finite', () => {
    expect(clipGradientNorm([parameterWith([1, Number.NaN])], 1).itemSync()).toBeNaN();
    const overflow = parameterWith([3e38, 3e38], 'float32');
    expect(clipGradientNorm([overflow], 1).itemSync()).toBe(Number.POSITIVE_INFINITY);
    expect(gradientOf(overflow)).toEqual([0, 0]);
  });

  it('clips gradients whose squares float32 cannot hold', () => {
    const large = parameterWith([3e30, -4e30], 'float32');
    expect(clipGradientNorm([large], 1).itemSync() / 1e30).toBeCloseTo(5, 6);
    const [first, second] = gradientOf(large);
    expect(first).toBeCloseTo(0.6, 6);
    expect(second).toBeCloseTo(-0.8, 6);
  });

  it('keeps nothing but the norm', () => {
    const parameter = parameterWith([3, 4]);
    const before = memory();
    scope(() => clipGradientNorm([parameter], 1, { norm: 3 }).itemSync());
    clipGradientNorm([parameter], 1).dispose();
    clipGradientValue([parameter], 0.1);
    expect(memory()).toEqual(before);
  });

  it('refuses limits and norms that are none', () => {
    const parameters = [parameterOf([1])];
    for (const limit of [0, -1, Number.NaN]) {
      expect(() => clipGradientNorm(parameters, limit)).toThrow(ArgumentError);
      expect(() => clipGradientValue(parameters, limit)).toThrow(ArgumentError);
    }
    expect(() => clipGradientNorm(parameters, 1, { norm: 0 })).toThrow('norm must be 2, 1, Infinity');
    expect(() => clipGradientNorm([], 1)).toThrow('clipGradientNorm: there are no parameters');
  });
});

describe('clipGradientValue', () => {
  it('limits every element and changes no bit of the others', () => {
    fc.assert(
      fc.property(gradients, limits, (vectors, limit) => {
        const parameters = vectors.map((vector) => parameterWith(vector));
        clipGradientValue(parameters, limit);
        const expected = vectors.flat().map((value) => Math.min(Math.max(value, -limit), limit));
        expect(parameters.flatMap(gradientOf)).toEqual(expected);
      }),
    );
  });

  it('lets NaN be seen', () => {
    const parameter = parameterWith([Number.NaN, 5]);
    clipGradientValue([parameter], 1);
    expect(gradientOf(parameter)).toEqual([Number.NaN, 1]);
  });
});
