import {
  checkGradients,
  customOperator,
  enableGrad,
  type GradientCheckOptions,
  noGrad,
  requireGrad,
} from '@pnn/autograd';
import { ArgumentError, GradientError, memory, ones, scope, type Tensor, tensor, zeros } from '@pnn/tensor';
import { describe, expect, it } from 'vitest';

const float64 = { dtype: 'float64' } as const;
const x = tensor([[1, -2, 0.5]], float64);
const column = tensor([[2], [3]], float64);
const matrix = tensor(
  [
    [1, 2],
    [3, -1],
  ],
  float64,
);

/** An operator of one input with the given vjp. */
function unary(forward: (a: Tensor) => Tensor, vjp: (g: Tensor, a: Tensor) => Tensor | undefined) {
  const operator = customOperator({
    name: 'suspect',
    forward: ([a]) => forward(a!),
    vjps: [(g, c) => vjp(g, c.input(0))],
  });
  return (a: Tensor) => operator([a]);
}

describe('checkGradients finds', () => {
  it.each<[string, () => void]>([
    [
      'a wrong factor',
      () =>
        checkGradients(
          unary(
            (a) => a.square(),
            (g, a) => g.mul(a),
          ),
          [x],
        ),
    ],
    [
      'a factor that is wrong by a millionth',
      () =>
        checkGradients(
          unary(
            (a) => a.square(),
            (g, a) => g.mul(a).mul(2.00001),
          ),
          [x],
        ),
    ],
    [
      'a wrong sign',
      () =>
        checkGradients(
          unary(
            (a) => a.cos(),
            (g, a) => g.mul(a.sin()),
          ),
          [x],
        ),
    ],
    [
      'a gradient that is missing',
      () =>
        checkGradients(
          unary(
            (a) => a.square(),
            () => undefined,
          ),
          [x],
        ),
    ],
    [
      'a gradient where there should be none',
      () =>
        checkGradients(
          unary(
            (a) => a.round(),
            (g) => g,
          ),
          [tensor([0.2], float64)],
        ),
    ],
    [
      'one element that is wrong',
      () =>
        checkGradients(
          unary(
            (a) => a.square(),
            (g, a) => g.mul(a).mul(tensor([[2, 2, 2.1]], float64)),
          ),
          [x],
        ),
    ],
    [
      'entries that are wrong off the diagonal only',
      () =>
        checkGradients(
          unary(
            (a) => a.softmax(),
            (g, a) => g.mul(a.softmax()).mul(a.softmax().neg().add(1)),
          ),
          [x],
        ),
    ],
    [
      'a transposition that was forgotten',
      () =>
        checkGradients(
          unary(
            (a) => a.matmul(a),
            (g, a) => g.matmul(a).add(a.matmul(g)),
          ),
          [matrix],
        ),
    ],
    [
      'a sum over a broadcast that was forgotten',
      () => {
        const add = customOperator({ name: 'suspect', forward: ([a, b]) => a!.add(b!), vjps: [(g) => g, (g) => g] });
        checkGradients((a, b) => add([a, b]), [x, column]);
      },
    ],
    [
      'a mean instead of a sum over a broadcast',
      () => {
        const add = customOperator({
          name: 'suspect',
          forward: ([a, b]) => a!.add(b!),
          vjps: [(g) => g.mean(0, { keepDims: true }), (g) => g.sum(1, { keepDims: true })],
        });
        checkGradients((a, b) => add([a, b]), [x, column]);
      },
    ],
    ['a NaN', () => checkGradients((a) => a.sub(a).div(a.sub(a)), [x])],
    ['an infinite derivative', () => checkGradients((a) => a.sqrt(), [zeros([1], float64)])],
    ['a kink at the very point', () => checkGradients((a) => a.relu(), [zeros([1], float64)])],
    ['a step at the very point', () => checkGradients((a) => a.floor(), [zeros([1], float64)])],
    [
      'a second derivative that is wrong, where the first is right',
      () =>
        checkGradients(
          unary(
            (a) => a.square(),
            (g, a) => g.mul(a.detach()).mul(2),
          ),
          [x],
          { order: 2 },
        ),
    ],
    [
      'a second derivative through the gradient that is wrong',
      () =>
        checkGradients(
          (a) =>
            unary(
              (b) => b.mul(3),
              (g) => g.detach().mul(3),
            )(a).square(),
          [x],
          { order: 2 },
        ),
    ],
    [
      'a mixed second derivative that is wrong',
      () => {
        const product = customOperator({
          name: 'suspect',
          forward: ([a, b]) => a!.mul(b!),
          vjps: [(g, c) => g.mul(c.input(1).detach()), (g, c) => g.mul(c.input(0))],
        });
        checkGradients((a, b) => product([a, b]), [x, x], { order: 2 });
      },
    ],
  ])('%s', (_, check) => {
    scope(() => expect(check).toThrow(GradientError));
  });

  it('what is wrong in large inputs, along random directions', () => {
    scope(() => {
      const large = ones([10, 10], float64);
      const wrong = unary(
        (a) => a.exp(),
        (g, a) =>
          g
            .mul(a.exp())
            .pad([
              [0, 0],
              [0, 0],
            ])
            .mul(
              ones([10, 10], float64).pad([
                [0, 0],
                [0, 0],
              ]),
            )
            .mul(1.001),
      );
      expect(() => checkGradients(wrong, [large])).toThrow(GradientError);
      expect(() => checkGradients((a) => a.exp(), [large], { order: 2 })).not.toThrow();
    });
  });
});

describe('checkGradients', () => {
  it('says which order is wrong, where, by how much', () => {
    scope(() => {
      const wrong = unary(
        (a) => a.square(),
        (g, a) => g.mul(a),
      );
      expect(() => checkGradients(wrong, [x])).toThrow(
        /^checkGradients: first order: at inputs \[1,3\] the derivative along a random direction is \S+, but finite differences give \S+ \(relative error \d\.\de[-+]\d, tolerance 0.000001\); the worst is that of input 0 at \[0,\d\]: \S+ instead of \S+$/,
      );
      const second = unary(
        (a) => a.square(),
        (g, a) => g.mul(a.detach()).mul(2),
      );
      expect(() => checkGradients(second, [x])).not.toThrow();
      expect(() => checkGradients(second, [x], { order: 2 })).toThrow('checkGradients: second order: at inputs [1,3]');
    });
  });

  it('locates the worst derivative: which input, which element, what it is and should be', () => {
    /** The product, with a gradient of b that is wrong in two elements, one more than the other. */
    const spoiled = customOperator<Tensor>({
      name: 'spoiled',
      forward: ([a, b]) => a!.mul(b!),
      vjps: [(g, c) => g.mul(c.input(1)), (g, c) => g.mul(c.input(0)).mul(c.attributes)],
    });
    const messageOf = (a: Tensor, b: Tensor, factors: Tensor) => {
      try {
        checkGradients((first, second) => spoiled([first, second], factors), [a, b]);
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing is wrong';
    };
    scope(() => {
      const few = tensor([[1.5, -2, 0.5]], float64);
      const factors = tensor([[1.001, 1, 2]], float64);
      const found = messageOf(few, few.add(1), factors);
      expect(found).toContain('along a random direction');
      const [, derivative, expected] = /the worst is that of input 1 at \[0,2\]: (\S+) instead of (\S+)$/.exec(found)!;
      expect(Number(derivative) / Number(expected)).toBeCloseTo(2, 6);

      const many = ones([20, 30], float64);
      for (const position of [0, 299, 431, 599]) {
        const marked = tensor(
          Float64Array.from({ length: 600 }, (_, i) => (i === position ? 3 : 1)),
          { shape: [20, 30] },
        );
        const index = `[${Math.floor(position / 30)},${position % 30}]`;
        expect(messageOf(many, many.mul(2), marked)).toContain(`the worst is that of input 1 at ${index}: `);
      }
    });
  });

  it('locates a derivative that is wrong along a coordinate only, and one of a scalar', () => {
    scope(() => {
      const check = () => checkGradients((a) => a.relu(), [tensor(0, float64)]);
      expect(check).toThrow(/the worst is that of input 0 at \[\]: 0 instead of 0\.\d+$/);
      // No random direction is tried.
      const coordinate = () => checkGradients((a) => a.relu(), [zeros([2], float64)], { directions: 0 });
      expect(coordinate).toThrow(
        /the derivative along a coordinate is 0, .*; the worst is that of input 0 at \[\d\]: 0 /,
      );
    });
  });

  it('locates what is not a number', () => {
    scope(() => {
      const large = tensor(Float64Array.from({ length: 100 }, (_, i) => (i === 63 ? 0 : 1)));
      const check = () => checkGradients((a) => a.div(a), [large]);
      expect(check).toThrow('the worst is that of input 0 at [63]: NaN instead of ');
    });
  });

  it('does not let wrong derivatives pass that are all smaller than the tolerance', () => {
    const wrong = unary(
      (a) => a.square().mul(1e-8),
      (g, a) => g.mul(a).mul(3e-8),
    );
    const missing = unary(
      (a) => a.square().mul(1e-8),
      () => undefined,
    );
    scope(() => {
      for (const f of [wrong, missing]) {
        expect(() => checkGradients(f, [x])).toThrow(GradientError);
        expect(() => checkGradients(f, [x])).toThrow(
          /^checkGradients: first order: no derivative is larger than \S+e-8, below the tolerance 0.000001, so that wrong ones would pass; and one is \S+, but finite differences give \S+: scale the function up, or lower the tolerance$/,
        );
        expect(() => checkGradients(f, [x], { tolerance: 1e-10 })).toThrow('the worst is that of input 0');
      }
      expect(() => checkGradients(missing, [zeros([3], float64)])).not.toThrow();
    });
  });

  it('accepts right derivatives that are smaller than the tolerance, or 0', () => {
    scope(() => {
      checkGradients((a) => a.square().mul(1e-8), [x], { order: 2 });
      checkGradients((a) => a.sigmoid(), [tensor([-40], float64)], { order: 2 });
      checkGradients((a) => a.mul(1e-8).add(1e5), [x]);
      checkGradients((a) => a.softmax().sum(), [x], { order: 2 });
      checkGradients((a) => a.floor(), [tensor([1000.25, 0.5], float64)]);
      // At 0 a long step differs by h⁴ of the fifth derivative from the derivatives, which are 0.
      for (const exponent of [3, 4, 5]) {
        for (let seed = 0; seed < 20; seed++) {
          checkGradients((a) => a.pow(exponent).square().add(a.pow(exponent)), [zeros([2], float64)], {
            order: 2,
            seed,
          });
        }
      }
    });
  });

  it('accepts what is right: functions of several inputs, of none of them, and of nothing', () => {
    scope(() => {
      checkGradients((a, b) => a.mul(b).sin(), [x, column], { order: 2 });
      checkGradients((a) => a.mul(0), [x], { order: 2 });
      checkGradients((a) => a.detach().mul(0), [x], { order: 2 });
      checkGradients((a) => a.square(), [zeros([0, 2], float64)], { order: 2 });
      checkGradients((a) => a.square(), [tensor(3, float64)], { order: 2 });
      checkGradients((_, b) => b.square(), [x, column], { order: 2 });
    });
  });

  it('steps around kinks nearby', () => {
    scope(() => {
      checkGradients((a) => a.abs(), [tensor([1e-3, -1e-4, 3e-5], float64)], { order: 2 });
      checkGradients((a) => a.floor(), [tensor([1e-3, 0.9999], float64)]);
    });
  });

  it('refuses single precision, which cannot tell right from wrong', () => {
    scope(() => {
      const check = () => checkGradients((a, b) => a.mul(b.cast('float64')), [x, ones([1])]);
      expect(check).toThrow(ArgumentError);
      expect(check).toThrow('checkGradients: inputs must be float64, not float32');
      expect(() => checkGradients((a) => a, [ones([1], { dtype: 'int32' })])).toThrow(ArgumentError);
    });
  });

  it('says that a function of no elements is wrong', () => {
    scope(() => {
      const check = () => checkGradients((a) => a.mean(), [zeros([0, 2], float64)]);
      expect(check).toThrow(GradientError);
      expect(check).toThrow(
        'at inputs [0,2] the derivative along a random direction is 0, but finite differences give NaN',
      );
    });
  });

  it('refuses options with which it would find nothing, or everything', () => {
    scope(() => {
      const wrong = (options: GradientCheckOptions) => () =>
        checkGradients((a) => a.detach().square().add(a.mul(0)), [ones([30], float64)], options);
      for (const tolerance of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(wrong({ tolerance })).toThrow(
          new ArgumentError(`checkGradients: tolerance must be a finite number above 0, not ${tolerance}`),
        );
      }
      for (const directions of [-1, 0.5, Number.NaN]) expect(wrong({ directions })).toThrow(ArgumentError);
      expect(wrong({ directions: 0 })).toThrow(
        'checkGradients: directions must be 1 or more for 30 elements, which are not checked one by one',
      );
    });
  });

  it('takes the tolerance that it is given', () => {
    scope(() => {
      const rough = unary(
        (a) => a.square(),
        (g, a) => g.mul(a).mul(2.001),
      );
      expect(() => checkGradients(rough, [x])).toThrow(GradientError);
      expect(() => checkGradients(rough, [x], { tolerance: 1e-2 })).not.toThrow();
    });
  });

  it('works in noGrad, on leaves, and leaves nothing behind', () => {
    const leaf = requireGrad(tensor([1, 2], float64));
    const before = memory();
    noGrad(() => checkGradients((a) => a.exp(), [leaf], { order: 2 }));
    enableGrad(() => checkGradients((a) => a.exp(), [leaf], { order: 2 }));
    expect(memory()).toEqual(before);
    expect(leaf.grad).toBeUndefined();
    leaf.dispose();
  });
});
