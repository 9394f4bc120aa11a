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

  it('is one that can be made, and comes back from JSON as it was written, whatever is combined', () => {
    const extras = [
      ['--paper'],
      ['--method', 'minimax'],
      ['--bound', 'calibrated'],
      ['--penalty', 'max-norm'],
      ['--lambda', 'dual'],
      ['--basis', 'monomial'],
      ['--learnable'],
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
