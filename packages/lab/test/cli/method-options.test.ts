import { datasets } from '@pnn/data';
import { activationFactory } from '@pnn/pnn';
import { encodeJson, methodSpec } from '@pnn/pnn/codec';
import { assert, constantFrom, property, subarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { methodOptions, methodSpecFrom } from '../../src/cli/option-groups/method.js';
import { Options } from '../../src/cli/options.js';

const specOf = (...words: string[]) => methodSpecFrom(new Options('pnn train', words, methodOptions()), 'mnist');

describe('the method of the options', () => {
  it('lets minimax choose its own points, with the settings of the paper too', () => {
    const { polynomial } = specOf('--paper', '--method', 'minimax', '--degree', '4');
    expect(polynomial).toMatchObject({ method: 'minimax', samples: null, bound: { kind: 'fixed', bound: 20 } });
    expect(() => specOf('--method', 'minimax', '--samples', '50')).toThrow(
      '--samples goes with the other values of --method: minimax chooses its own points',
    );
  });

  it('takes α that is asked for, that of the data set with a calibrated bound, or that of the paper or of all', () => {
    const remove = datasets.register({
      name: 'strangers',
      summary: 'other people',
      preset: 'mnist',
      alpha: 0.3,
      load: () => Promise.reject(new Error('it is not loaded')),
    });
    const alphaOf = (dataset: string, ...words: string[]) =>
      methodSpecFrom(new Options('pnn train', words, methodOptions()), dataset).polynomial.alpha;
    try {
      expect(alphaOf('mnist')).toBe(0.7);
      expect(alphaOf('strangers')).toBe(0.3);
      expect(alphaOf('strangers', '--alpha', '0.6')).toBe(0.6);
      expect(alphaOf('strangers', '--bound', '4')).toBe(0.7);
      expect(alphaOf('strangers', '--paper')).toBe(alphaOf('mnist', '--paper'));
      expect(methodOptions().alpha?.description).toContain('default 0.7; ');
      expect(methodOptions().alpha?.description).toContain('strangers 0.3');
    } finally {
      remove();
    }
  });

  it('calibrates with the margin that is asked for, that of the data set, or that of all', () => {
    const remove = datasets.register({
      name: 'strangers',
      summary: 'other people',
      margin: 3.5,
      load: () => Promise.reject(new Error('it is not loaded')),
    });
    const marginOf = (dataset: string, ...words: string[]) => {
      const { bound } = methodSpecFrom(new Options('pnn train', words, methodOptions()), dataset).polynomial;
      return bound.kind === 'calibrated' ? bound.margin : undefined;
    };
    try {
      expect(marginOf('mnist')).toBe(2.5);
      expect(marginOf('strangers')).toBe(3.5);
      expect(marginOf('strangers', '--margin', '1.75', '--bound', 'calibrated')).toBe(1.75);
      expect(marginOf('strangers', '--bound', '4')).toBeUndefined();
      expect(methodOptions().margin?.description).toContain('default 2.5; ');
      expect(methodOptions().margin?.description).toContain('strangers 3.5');
    } finally {
      remove();
    }
    for (const words of [
      ['--bound', '4'],
      ['--paper', '--degree', '4'],
      ['--bound', 'paper'],
    ]) {
      expect(() => specOf('--margin', '2', ...words)).toThrow('--margin goes with --bound calibrated');
    }
    expect(() => specOf('--margin', '0')).toThrow('--margin 0');
  });

  it('is one that can be made, and comes back from JSON as it was written, whatever is combined', () => {
    const extras = [
      ['--paper'],
      ['--method', 'minimax'],
      ['--bound', 'calibrated'],
      ['--penalty', 'max-norm'],
      ['--lambda', 'dual'],
      ['--basis', 'monomial'],
      ['--coefficients', 'fixed'],
      ['--outside', 'tangent'],
      ['--target', 'silu'],
    ];
    assert(
      property(subarray(extras), constantFrom('2', '4', '8'), (chosen, degree) => {
        const spec = specOf('--degree', degree, ...chosen.flat());
        activationFactory(spec)().dispose();
        const text = encodeJson(spec);
        expect(encodeJson(methodSpec(JSON.parse(text), 'spec'))).toBe(text);
      }),
      { numRuns: 40 },
    );
  });
});
