import { grad, requireGrad } from '@pnn/autograd';
import {
  ArgumentError,
  DTypeError,
  Generator,
  memory,
  normal,
  ones,
  type PnnError,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from '@pnn/tensor';
import { describe, expect, test } from 'vitest';
import { scaledDotProductAttention } from '../src/functions/index.js';
import {
  LayerNorm,
  MultiheadAttention,
  Polynomial,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
} from '../src/layers/index.js';
import { toPyTorchNames } from '../src/pytorch-names.js';

const float64 = { dtype: 'float64' } as const;
const numbers = (values: Tensor): number[] => Array.from(values.dataSync());
const bools = (rows: number[][]) => tensor(rows).cast('bool');

describe('scaledDotProductAttention', () => {
  const [query, key, value] = [0, 1, 2].map(() => normal([2, 3, 4], 0, 1, float64)) as [Tensor, Tensor, Tensor];

  test('with equal scores is the mean of the values that may be looked at', () => {
    const same = zeros([2, 3, 4], float64);
    const y = scaledDotProductAttention(same, key, value, { causal: true });
    const expected = [0, 1, 2].map((i) => value.slice([[], [0, i + 1]]).mean(1));
    expected.forEach((mean, i) => {
      numbers(y.slice([[], i])).forEach((found, j) => {
        expect(found).toBeCloseTo(numbers(mean)[j]!, 14);
      });
    });
  });

  test('the causal option is the mask of the lower triangle', () => {
    const mask = bools([
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
    ]);
    const expected = numbers(scaledDotProductAttention(query, key, value, { attentionMask: mask }));
    expect(numbers(scaledDotProductAttention(query, key, value, { causal: true }))).toEqual(expected);
  });

  test('a query that may look at nothing gets 0, and no gradient is NaN', () => {
    const mask = bools([
      [0, 0, 0],
      [1, 0, 1],
      [1, 1, 1],
    ]);
    const leaves = [query, key, value].map((each) => requireGrad(each.detach()));
    const y = scaledDotProductAttention(leaves[0]!, leaves[1]!, leaves[2]!, { attentionMask: mask });
    expect(new Set(numbers(y.slice([[], 0])))).toEqual(new Set([0]));
    const gradients = grad(y.square().sum(), leaves).flatMap(numbers);
    expect(gradients.every(Number.isFinite)).toBe(true);
  });

  test.each([Number.NEGATIVE_INFINITY, -3.4e38])(
    'the future has no influence, not where %d is added to all before',
    (added) => {
      const mask = tensor(Float64Array.of(added, 0, 0));
      const y = scaledDotProductAttention(query, key, value, { attentionMask: mask, causal: true });
      expect(new Set(numbers(y.slice([[], 0])))).toEqual(new Set([0]));
    },
  );

  test('the future has no influence', () => {
    const changed = value.add(tensor(Float64Array.of(0, 0, 5)).reshape([3, 1]));
    const rows = (v: Tensor) => numbers(scaledDotProductAttention(query, key, v, { causal: true }).slice([[], [0, 2]]));
    expect(rows(changed)).toEqual(rows(value));
  });

  test('dropout takes weights away and makes the rest larger', () => {
    const weights = scaledDotProductAttention(zeros([1, 4, 2]), zeros([1, 4, 2]), ones([1, 4, 1]), {
      dropout: 0.5,
      generator: new Generator(3),
    });
    expect(numbers(weights).every((sum) => Number.isInteger(sum * 2))).toBe(true);
    expect(new Set(numbers(weights)).size).toBeGreaterThan(1);
  });

  test.each<[string, () => unknown, PnnError]>([
    [
      'shapes',
      () => scaledDotProductAttention(zeros([3, 4]), zeros([3, 5]), zeros([3, 4])),
      new ShapeError(
        'scaledDotProductAttention: query [3,4], key [3,5], value [3,4]: they must be [..., L, E], [..., S, E] and ' +
          '[..., S, V]',
      ),
    ],
    [
      'masks of integers',
      () =>
        scaledDotProductAttention(zeros([3, 4]), zeros([3, 4]), zeros([3, 4]), {
          attentionMask: zeros([3, 3], { dtype: 'int32' }),
        }),
      new DTypeError('scaledDotProductAttention: the mask is int32: it must be bool or float32'),
    ],
    [
      'dropout of everything',
      () => scaledDotProductAttention(zeros([3, 4]), zeros([3, 4]), zeros([3, 4]), { dropout: 1 }),
      new ArgumentError('scaledDotProductAttention: dropout must be at least 0 and below 1, not 1'),
    ],
  ])('refuses %s that do not fit', (_, run, error) => {
    expect(run).toThrow(error);
  });
});

describe('MultiheadAttention', () => {
  test('has the state of PyTorch', () => {
    const names = (layer: MultiheadAttention) => [...toPyTorchNames(layer.stateDict()).keys()];
    expect(names(new MultiheadAttention(4, 2))).toEqual([
      'in_proj_weight',
      'in_proj_bias',
      'out_proj.weight',
      'out_proj.bias',
    ]);
    expect(names(new MultiheadAttention(4, 2, { kdim: 3, bias: false }))).toEqual([
      'q_proj_weight',
      'k_proj_weight',
      'v_proj_weight',
      'out_proj.weight',
    ]);
    const encoder = new TransformerEncoder(() => new TransformerEncoderLayer(4, 2, { dimFeedforward: 3 }), 1);
    expect([...toPyTorchNames(encoder.stateDict()).keys()]).toEqual([
      'layers.0.self_attn.in_proj_weight',
      'layers.0.self_attn.in_proj_bias',
      'layers.0.self_attn.out_proj.weight',
      'layers.0.self_attn.out_proj.bias',
      'layers.0.linear1.weight',
      'layers.0.linear1.bias',
      'layers.0.linear2.weight',
      'layers.0.linear2.bias',
      'layers.0.norm1.weight',
      'layers.0.norm1.bias',
      'layers.0.norm2.weight',
      'layers.0.norm2.bias',
    ]);
  });

  test('samples first, second or alone are the same', () => {
    const first = new MultiheadAttention(6, 3, { batchFirst: true, ...float64 });
    const second = new MultiheadAttention(6, 3, float64);
    second.loadStateDict(first.stateDict());
    const x = normal([2, 4, 6], 0, 1, float64);
    const y = first.forward(x);
    const swapped = second.forward(x.transpose(0, 1)).transpose(0, 1);
    numbers(swapped).forEach((value, i) => {
      expect(value).toBeCloseTo(numbers(y)[i]!, 13);
    });
    numbers(first.forward(x.slice([1]))).forEach((value, i) => {
      expect(value).toBeCloseTo(numbers(y.slice([1]))[i]!, 13);
    });
  });

  test('gives weights that add up to 1, also of a mask given alone', () => {
    const layer = new MultiheadAttention(4, 2, { batchFirst: true, ...float64 });
    const x = normal([2, 3, 4], 0, 1, float64);
    const future = bools([
      [0, 1, 1],
      [0, 0, 1],
      [0, 0, 0],
    ]);
    const { weights } = layer.attend(x, x, x, future);
    expect(weights.shape).toEqual([2, 2, 3, 3]);
    for (const sum of numbers(weights.sum(-1))) expect(sum).toBeCloseTo(1, 14);
    expect(numbers(weights.slice([0, 0, 0]))).toEqual([1, 0, 0]);
    expect(numbers(layer.attend(x, x, x, { causal: true }).weights)).toEqual(numbers(weights));
  });

  test('a sample of padding alone gets the bias of the projection, without NaN', () => {
    const layer = new MultiheadAttention(2, 1, { batchFirst: true, ...float64 });
    const x = normal([1, 2, 2], 0, 1, float64);
    const y = layer.forward(x, x, x, { keyPaddingMask: bools([[1, 1]]) });
    expect(numbers(y)).toEqual([0, 1].flatMap(() => numbers(layer.outProj.bias!)));
  });

  test('dropout is drawn while training only', () => {
    const layer = new MultiheadAttention(4, 2, { dropout: 0.5, generator: new Generator(1) });
    const x = normal([3, 2, 4]);
    expect(numbers(layer.forward(x))).not.toEqual(numbers(layer.forward(x)));
    layer.eval();
    expect(numbers(layer.forward(x))).toEqual(numbers(layer.forward(x)));
  });

  test('leaves nothing behind', () => {
    const layer = new TransformerDecoderLayer(4, 2, { dimFeedforward: 3 });
    const before = memory();
    scope(() => {
      layer.forward(normal([3, 2, 4]), normal([2, 2, 4]), { causal: true });
    });
    expect(memory()).toEqual(before);
  });

  test.each<[string, () => unknown, PnnError]>([
    [
      'heads',
      () => new MultiheadAttention(4, 3),
      new ArgumentError('MultiheadAttention: numHeads must be a divisor of the 4 features, not 3'),
    ],
    [
      'dropout',
      () => new MultiheadAttention(4, 2, { dropout: 1 }),
      new ArgumentError('MultiheadAttention: dropout must be at least 0 and below 1, not 1'),
    ],
    [
      'features',
      () => new MultiheadAttention(4, 2).forward(zeros([3, 2, 5])),
      new ShapeError(
        'MultiheadAttention: query [3,2,5], key [3,2,5], value [3,2,5]: they must be [L,N,4], [S,N,4] and [S,N,4]',
      ),
    ],
    [
      'masks',
      () => new MultiheadAttention(4, 2).forward(zeros([3, 2, 4]), undefined, undefined, zeros([2, 3])),
      new ShapeError('MultiheadAttention: attentionMask [2,3]: it must be [3,3] or [4,3,3]'),
    ],
    [
      'paddings',
      () =>
        new MultiheadAttention(4, 2).forward(zeros([3, 2, 4]), undefined, undefined, {
          keyPaddingMask: zeros([3, 2], { dtype: 'int32' }),
        }),
      new DTypeError('MultiheadAttention: keyPaddingMask: the mask is int32: it must be bool or float32'),
    ],
    [
      'activations',
      () => new TransformerEncoderLayer(4, 2, { activation: 'swish' as 'relu' }),
      new ArgumentError("TransformerEncoderLayer: activation must be 'relu', 'gelu' or a module, not swish"),
    ],
    [
      'numbers of layers',
      () => new TransformerEncoder(() => new TransformerEncoderLayer(4, 2), 0),
      new ArgumentError('TransformerEncoder: numLayers must be a positive integer, not 0'),
    ],
  ])('refuses %s that do not fit', (_, run, error) => {
    expect(run).toThrow(error);
  });
});

test('the activation of a layer may be a polynomial, with what it learns', () => {
  const activation = () => new Polynomial({ basis: 'monomial', powers: [0, 0.5, 0.25] }, { bound: 4, learnable: true });
  const layer = () => new TransformerEncoderLayer(4, 2, { dimFeedforward: 3, activation: activation() });
  const encoder = new TransformerEncoder(layer, 2, new LayerNorm(4));
  expect(encoder.parameterGroups().map(({ name }) => name)).toEqual(['weight', 'normalization', 'polynomial']);
  expect(encoder.forward(normal([3, 2, 4])).shape).toEqual([3, 2, 4]);
  const learned = [...encoder.namedParameters()].filter(([, { role }]) => role === 'polynomial');
  expect(learned.map(([name]) => name)).toEqual([
    'layers.0.activation.coefficients',
    'layers.1.activation.coefficients',
  ]);
  expect(`${encoder}`.match(/Polynomial\(/g)).toHaveLength(2);
});
