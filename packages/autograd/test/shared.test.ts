import { backward, backwardInSteps, requireGrad, sharedOperator } from '@pnn/autograd';
import { GradientError, LastingScope, scope, type Tensor, tensor } from '@pnn/tensor';
import { describe, expect, it } from 'vitest';

/** What lies above the mean of a whole batch, of which x is a shard. */
const aboveMean = sharedOperator<{ readonly mean: Tensor; readonly count: number }>({
  name: 'aboveMean',
  forward: ([x], { mean }) => x!.sub(mean),
  own: (gradient) => gradient.sum(),
  gradients: (gradient, { attributes }, _, total) => [gradient.sub(total.div(attributes.count))],
});

const float64 = { dtype: 'float64' } as const;

describe('backwardInSteps', () => {
  it('gives shards the gradients of the whole batch', () => {
    const rows = [
      [1, 4, -2],
      [3, 0, 5],
    ];
    const weights = [
      [0.5, 1, 2],
      [3, -1, 1],
    ];
    const whole = scope(() => {
      const x = requireGrad(tensor(rows.flat(), float64));
      const y = x.sub(x.mean());
      y.sub(y.mul(y).mean()).mul(tensor(weights.flat(), float64)).sum().backward();
      return [...x.grad!.dataSync()];
    });

    using lasting = new LastingScope();
    const shards = rows.map((row) => requireGrad(tensor(row, float64)));
    const count = 6;
    const mean = lasting.run(() => tensor(rows.flat().reduce((sum, x) => sum + x) / count, float64));
    const ys = lasting.run(() => shards.map((x) => aboveMean([x], { mean, count })));
    // The second use of a whole batch: the mean of the squares.
    const squares = lasting.run(() => ys.map((y) => y.mul(y)));
    const total = squares.reduce((sum, each) => sum + Array.from(each.dataSync()).reduce((a, b) => a + b), 0);
    const wholeMean = lasting.run(() => tensor(total / count, float64));
    const meanOf = sharedOperator<Tensor>({
      name: 'meanOf',
      forward: (_, mean) => mean.clone(),
      own: (gradient) => gradient,
      gradients: (_, call, __, total) => [total.div(count).add(call.input(0).mul(0))],
    });
    const losses = lasting.run(() =>
      ys.map((y, i) =>
        y
          .sub(meanOf([squares[i]!], wholeMean))
          .mul(tensor(weights[i]!, float64))
          .sum(),
      ),
    );
    const steps = losses.map((loss) => backwardInSteps(loss));
    let parts = steps.map((each) => lasting.run(() => each.next()));
    let exchanges = 0;
    while (!parts[0]!.done) {
      exchanges++;
      const sum = lasting.run(() => (parts[0]!.value as Tensor).add(parts[1]!.value as Tensor));
      parts = steps.map((each) => lasting.run(() => each.next(sum)));
    }
    expect(exchanges).toBe(2);
    shards
      .flatMap((x) => [...x.grad!.dataSync()])
      .forEach((value, i) => {
        expect(value).toBeCloseTo(whole[i]!, 12);
      });
  });

  it('is needed where a gradient depends on other shards', () => {
    scope(() => {
      const x = requireGrad(tensor([1, 2], float64));
      const y = aboveMean([x], { mean: tensor(1, float64), count: 4 }).sum();
      expect(() => backward(y)).toThrow(
        new GradientError(
          'backward: what was computed together with other shards has gradients by backwardInSteps alone',
        ),
      );
      expect(x.grad).toBeUndefined();
    });
  });
});
