import { FormatError } from '@pnn/nn';
import { describe, expect, it } from 'vitest';
import { decodeJson, encodeJson, methodSpec, trainingSpec } from '../../src/codec.js';
import {
  activationFactory,
  defaultMethod,
  defaultTraining,
  methodOf,
  PolynomialActivation,
  preset,
  TargetActivation,
  trainingOf,
} from '../../src/index.js';
import { mutationsOf } from '../codec/mutations.js';

const paper = preset('cifar10', 8);

describe.each([
  ['the default method', defaultMethod, methodSpec],
  ['a twin', { target: 'silu', polynomial: null }, methodSpec],
  ['the method of the paper', methodOf(paper), methodSpec],
  ['the default training', defaultTraining, trainingSpec],
  ['the training of the paper', trainingOf(paper), trainingSpec],
])('%s', (_, spec, decode) => {
  it('survives JSON', () => {
    expect(decodeJson<unknown>(encodeJson(spec), decode, 'spec')).toEqual(spec);
  });

  it('with one field replaced it is read as it is, or refused with the path of that field', () => {
    for (const { path, value } of mutationsOf(spec).flat()) {
      try {
        expect((decode as (value: unknown, path: string) => unknown)(value, 'spec'), path).toEqual(value);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        expect(error.message, path).toContain(`spec${path}`);
      }
    }
  });
});

it('activations are made of a method: polynomials, or the target itself', () => {
  const activation = activationFactory(methodOf(paper))();
  expect(activation).toBeInstanceOf(PolynomialActivation);
  expect((activation as PolynomialActivation).options).toMatchObject({
    degree: 8,
    bound: 35,
    alpha: 0.5,
    samples: 100,
    outside: 'polynomial',
    penalty: { cap: 10 },
  });
  expect(activationFactory({ target: 'silu', polynomial: null })()).toBeInstanceOf(TargetActivation);
  expect(() => activationFactory({ target: 'rleu', polynomial: null })).toThrow(/no target is called 'rleu'.* relu/);
});
