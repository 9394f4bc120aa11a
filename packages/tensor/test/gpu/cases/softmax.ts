import { apply, operators, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { compare, DIVISION, expectWithin, floats, forAll, type KernelCase, tableOf, UNIT } from './kernel-case.js';

const logits = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(300)))
  .chain((shape) =>
    fc.record({
      x: tableOf(shape, floats(-20, 20)),
      labels: tableOf([shape[0]], fc.nat(shape[1] - 1)),
      gradient: tableOf([shape[0]]),
      labelSmoothing: fc.constantFrom(0, 0.1, 1),
    }),
  );

/**
 * Relative error of an element of the softmax: e^x for |x| up to 40 (3 + 2|x| units in the last place), of the sum of
 * such, and of the quotient.
 */
const shareError = (classes: number): number => (2 * 2 * (3 + 2 * 40) + 2 * classes + 8) * UNIT + DIVISION;

const softmaxCase = forAll('softmax, crossEntropy and their gradient', logits, async (device, each) => {
  const { x, labels, gradient, labelSmoothing } = each;
  const inputs = [x, { ...labels, dtype: 'int32' as const }, gradient];
  const { actual, expected } = await compare(device, inputs, (scores, classes, slopes) => {
    const [losses, shares] = apply(operators.crossEntropy, [scores!, classes!], { labelSmoothing }) as [Tensor, Tensor];
    const [spread] = apply(operators.crossEntropyGradient, [slopes!, shares, classes!], { labelSmoothing }) as [Tensor];
    return [scores!.softmax(), shares, scores!.logSoftmax(), losses, spread];
  });
  const share = shareError(x.shape[1]!);
  const shares = expected[0]!;
  expectWithin(actual[0]!, shares, (value) => share * value);
  expectWithin(actual[1]!, shares, (value) => share * value);
  // The logarithm of a sum between 1 and its length, and two differences of numbers up to 40.
  expectWithin(actual[2]!, expected[2]!, (value) => share + 4 * UNIT * (Math.abs(value) + 40));
  expectWithin(actual[3]!, expected[3]!, (value) => share + 8 * UNIT * (Math.abs(value) + 40) * x.shape[1]!);
  expectWithin(actual[4]!, expected[4]!, (_, i) => {
    const slope = Math.abs(gradient.data[Math.floor(i / x.shape[1]!)]!);
    return slope * (share * shares[i]! + 6 * UNIT);
  });
});

export const softmaxCases: readonly KernelCase[] = [softmaxCase];
