import {
  LogMel,
  type LogMelOptions,
  type MelFilterBankOptions,
  melFilterBank,
  resample,
  type WindowName,
  windowOf,
} from '@pnn/data';
import { expect, test } from 'vitest';
import { type GoldenCase, loadGolden } from './load.js';

type Feature = (golden: GoldenCase) => ArrayLike<number>;

const samplesOf = ({ inputs }: GoldenCase) => Float32Array.from(inputs.x!.data);

/** What computes each feature from the attributes and the input of a case. */
const features: Readonly<Record<string, Feature>> = {
  window: ({ attributes }) => windowOf(attributes.window as WindowName, attributes.length as number),
  melFilterBank: ({ attributes }) => melFilterBank(attributes as unknown as MelFilterBankOptions).weights,
  logMel: (golden) => new LogMel(golden.attributes as unknown as LogMelOptions).compute(samplesOf(golden)),
  resample: (golden) => {
    const { from, to, zeros, rolloff, beta } = golden.attributes as Record<string, number>;
    return resample(samplesOf(golden), from!, to!, { zeros: zeros!, rolloff: rolloff!, beta: beta! });
  },
};

/**
 * Windows and filters are computed in double precision. Spectrograms are logarithms of up to 24, and samples of up to 1,
 * rounded to float32 once.
 */
const tolerances: Readonly<Record<string, number>> = {
  window: 1e-14,
  melFilterBank: 1e-13,
  logMel: 2e-6,
  resample: 1e-7,
};

test.each(loadGolden('sound').map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
  const values = features[golden.subject]!(golden);
  const expected = golden.outputs.y!.data;
  expect(values.length).toBe(expected.length);
  const errors = expected.map((value, i) => Math.abs(values[i]! - value));
  expect(Math.max(...errors)).toBeLessThanOrEqual(tolerances[golden.subject]!);
});

test('all features are covered', () => {
  expect(new Set(loadGolden('sound').map(({ subject }) => subject))).toEqual(new Set(Object.keys(features)));
});
