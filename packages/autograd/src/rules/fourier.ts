import { apply, type OperatorFamilies, operators } from '@pnn/tensor';
import type { RulesOf } from '../rule.js';

/** The matrix of roots is symmetric, so that its conjugate transpose is that of the inverse. */
export const fourierRules: RulesOf<OperatorFamilies['fourier']> = {
  fft: [(g, c) => apply(operators.fft, [g], { ...c.attributes, inverse: !c.attributes.inverse })[0]],
};
