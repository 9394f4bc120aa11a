import {
  type DType,
  DTypeError,
  full,
  type OperatorName,
  ones,
  operators,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  where,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anyNumbers,
  atBroadcast,
  broadcastableShapes,
  difference,
  type Table,
  tableFrom,
  tableOf,
  tables,
  tablesOf,
  tensorOf,
} from './oracle.js';

const float64 = { dtype: 'float64' } as const;
const int32 = { dtype: 'int32' } as const;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

type UnaryMethod =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'exp'
  | 'exp2'
  | 'expm1'
  | 'log'
  | 'log2'
  | 'log10'
  | 'log1p'
  | 'sqrt'
  | 'reciprocal'
  | 'square'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'sigmoid'
  | 'relu'
  | 'silu'
  | 'gelu'
  | 'softplus'
  | 'erf'
  | 'erfc'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc';

/** f of every element, in double precision. */
function map(name: UnaryMethod, data: readonly number[]): number[] {
  return scope(() => [
    ...tensor([...data], float64)
      [name]()
      .dataSync(),
  ]);
}

/** Functions of double precision to compare with, where the platform has them or they are one line. */
const definitions: Partial<Record<UnaryMethod, (x: number) => number>> = {
  neg: (x) => 0 - x || -x,
  abs: (x) => (x < 0 || Object.is(x, -0) ? -x : x),
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
  exp: (x) => Math.E ** x,
  expm1: (x) => (Math.abs(x) < 1e-5 ? x + (x * x) / 2 : Math.exp(x) - 1),
  exp2: (x) => Math.E ** (x * Math.LN2),
  log: (x) => Math.log2(x) * Math.LN2,
  log2: (x) => Math.log(x) / Math.LN2,
  log10: (x) => Math.log(x) / Math.LN10,
  log1p: (x) => (Math.abs(x) < 1e-5 ? x - (x * x) / 2 : Math.log(1 + x)),
  sqrt: (x) => (Object.is(x, -0) ? x : x ** 0.5),
  reciprocal: (x) => 1 / x,
  square: (x) => x ** 2,
  sin: (x) => Math.cos(x - Math.PI / 2),
  cos: (x) => 1 - 2 * Math.sin(x / 2) ** 2,
  tan: (x) => Math.sin(x) / Math.cos(x),
  asin: (x) => Math.atan2(x, Math.sqrt((1 - x) * (1 + x))),
  acos: (x) => Math.atan2(Math.sqrt((1 - x) * (1 + x)), x),
  atan: (x) => Math.atan2(x, 1),
  sinh: (x) => (Math.expm1(x) - Math.expm1(-x)) / 2,
  cosh: (x) => (Math.exp(x) + Math.exp(-x)) / 2,
  tanh: (x) => (Math.abs(x) > 20 ? Math.sign(x) : Math.expm1(2 * x) / (Math.expm1(2 * x) + 2)),
  asinh: (x) => Math.sign(x) * Math.log(Math.abs(x) + Math.sqrt(x * x + 1)),
  acosh: (x) => 2 * Math.log(Math.sqrt((x + 1) / 2) + Math.sqrt((x - 1) / 2)),
  atanh: (x) => Math.log((1 + x) / (1 - x)) / 2,
  relu: (x) => (x > 0 ? x : Number.isNaN(x) ? x : 0),
  floor: (x) => Math.trunc(x) - (x < Math.trunc(x) ? 1 : 0),
  trunc: (x) => (x < 0 ? Math.ceil(x) : Math.floor(x)),
  ceil: (x) => Math.trunc(x) + (x > Math.trunc(x) ? 1 : 0),
};

describe('functions of one number', () => {
  it.each(Object.entries(definitions))('%s is its definition', (name, definition) => {
    const moderate = fc.oneof(
      fc.double({ min: -30, max: 30, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(tables({ maxRank: 3 }, fc.oneof(moderate, fc.constantFrom(0, 1, -1, 0.5, -0.5, 1e-9, -1e-9))), (x) =>
        scope(() => {
          const found = tensorOf(x)[name as UnaryMethod]();
          expect(found.shape).toEqual(x.shape);
          expect(found.dtype).toBe('float64');
          found.dataSync().forEach((value, i) => {
            expect(difference(value, definition(x.data[i]!)), `${name}(${x.data[i]})`).toBeLessThan(1e-12);
          });
        }),
      ),
      { numRuns: 200 },
    );
  });

  /** By mpmath with 60 digits. */
  const known: Partial<Record<UnaryMethod, readonly (readonly [x: number, y: number])[]>> = {
    erf: [
      [1e-300, 1.1283791670955126e-300],
      [1e-10, 1.1283791670955126e-10],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
      [1.4999, 0.9660932516622953],
      [1.5, 0.9661051464753108],
      [1.5001, 0.9661170377204175],
      [3, 0.9999779095030014],
      [4, 0.9999999845827421],
      [5, 0.9999999999984626],
      [5.9, 0.9999999999999999],
      [7, 1],
    ],
    erfc: [
      [-3, 1.9999779095030015],
      [-1e-10, 1.000000000112838],
      [0.5, 0.4795001221869535],
      [1.5, 0.033894853524689274],
      [5, 1.537459794428035e-12],
      [25, 8.300172571196523e-274],
    ],
    sinh: [
      [1e-300, 1e-300],
      [1e-8, 1e-8],
      [0.25, 0.2526123168081683],
      [-710, -1.1169973830808555e308],
    ],
    cosh: [
      [0.25, 1.0314130998795732],
      [710, 1.1169973830808555e308],
    ],
    asinh: [
      [1e-300, 1e-300],
      [-1e-9, -1e-9],
      [0.25, 0.24746646154726346],
      [1e300, 691.4686750787737],
    ],
    acosh: [
      [1 + 2 ** -50, 4.214684851089403e-8],
      [1.25, Math.LN2],
      [1e300, 691.4686750787737],
    ],
    atanh: [
      [1e-300, 1e-300],
      [1e-9, 1e-9],
      [0.25, 0.25541281188299536],
    ],
    asin: [
      [1e-300, 1e-300],
      [1, 1.5707963267948966],
    ],
    acos: [
      [1, 0],
      [1 - 2 ** -52, 2.1073424255447017e-8],
      [-1, Math.PI],
    ],
    log2: [
      [8, 3],
      [2 ** -1000, -1000],
    ],
    log10: [[1000, 3]],
    exp2: [
      [10, 1024],
      [-1074, 5e-324],
    ],
    gelu: [
      [-20, -5.507248237212468e-88],
      [-10, -7.619853024160526e-23],
      [-8, -4.976768459417427e-15],
      [-5, -1.4332578593959695e-6],
      [-3.6, -0.0005727909245671218],
      [-3.5, -0.0008142017766243376],
      [-3, -0.0040496940948902835],
      [-2.2, -0.030587584529696933],
      [-2.1, -0.037515283181914764],
      [-1, -0.15865525393145705],
      [-0.5, -0.15426876936299344],
      [-1e-10, -4.999999999601058e-11],
      [0.5, 0.34573123063700656],
      [3, 2.99595030590511],
      [8, 7.999999999999995],
      [20, 20],
    ],
    sigmoid: [
      [-745, 5e-324],
      [-100, 3.720075976020836e-44],
      [-37, 8.533047625744065e-17],
      [-20, 2.0611536181902037e-9],
      [-1, 0.2689414213699951],
      [-1e-10, 0.499999999975],
      [0, 0.5],
      [1, 0.7310585786300049],
      [20, 0.9999999979388464],
      [100, 1],
      [800, 1],
    ],
    softplus: [
      [-745, 5e-324],
      [-100, 3.720075976020836e-44],
      [-37, 8.533047625744066e-17],
      [-20, 2.061153620314381e-9],
      [-1, 0.3132616875182228],
      [0, Math.LN2],
      [1e-10, 0.6931471806099453],
      [1, 1.3132616875182228],
      [20, 20.000000002061153],
      [800, 800],
    ],
    silu: [
      [-100, -3.720075976020836e-42],
      [-37, -3.1572276215253042e-15],
      [-20, -4.122307236380407e-8],
      [-1, -0.2689414213699951],
      [-1e-10, -4.9999999997500004e-11],
      [0, 0],
      [1, 0.7310585786300049],
      [20, 19.99999995877693],
      [800, 800],
    ],
  };

  it.each(Object.entries(known))('%s has 13 digits right from one end of the numbers to the other', (name, pairs) => {
    const found = map(
      name as UnaryMethod,
      pairs.map(([x]) => x),
    );
    pairs.forEach(([x, y], i) => {
      expect(Math.abs(found[i]! - y), `${name}(${x}) = ${found[i]}`).toBeLessThanOrEqual(5e-14 * Math.abs(y));
    });
  });

  it('erf is odd, rises, and has no seam', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 7, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        (x, step) => {
          const [a, b, c] = map('erf', [x, x + step, -x]) as [number, number, number];
          expect(c).toBe(-a);
          expect(b).toBeGreaterThanOrEqual(a - 2e-16);
          // The mean value theorem: the slope 2/√π·e^(−x²) falls.
          expect(b - a).toBeLessThanOrEqual((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * step + 4e-16);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each<[UnaryMethod, readonly number[], readonly number[]]>([
    ['sigmoid', [-inf, inf, nan], [0, 1, nan]],
    ['softplus', [-inf, inf, nan], [0, inf, nan]],
    ['silu', [-inf, inf, nan], [0, inf, nan]],
    ['gelu', [-inf, inf, nan, -0], [0, inf, nan, -0]],
    ['erf', [-inf, inf, nan, -0, 0], [-1, 1, nan, -0, 0]],
    ['tanh', [-inf, inf, nan, -0], [-1, 1, nan, -0]],
    ['relu', [-inf, inf, nan, -0, 0], [0, inf, nan, 0, 0]],
    ['exp', [-inf, inf, nan, 710], [0, inf, nan, inf]],
    ['log', [0, -0, -1, inf, nan], [-inf, -inf, nan, inf, nan]],
    ['sqrt', [-1, -0, inf, nan], [nan, -0, inf, nan]],
    ['reciprocal', [0, -0, inf, nan], [inf, -inf, 0, nan]],
    ['sign', [-inf, -0, 0, nan], [-1, -0, 0, nan]],
    ['abs', [-inf, -0, nan], [inf, 0, nan]],
    [
      'round',
      [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 2 ** 53, nan, inf],
      [0, 2, 2, -0, -2, -2, 0, 2 ** 53, nan, inf],
    ],
  ])('%s of %j is %j', (name, inputs, outputs) => {
    expect(map(name, inputs)).toEqual(outputs);
  });

  it('round gives the nearest integer, halves the even one', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double({ min: -1e6, max: 1e6, noNaN: true }),
          fc.integer().map((n) => n / 2),
        ),
        (x) => {
          const [rounded] = map('round', [x]) as [number];
          expect(Number.isInteger(rounded)).toBe(true);
          expect(Math.abs(rounded - x)).toBeLessThanOrEqual(0.5);
          if (Math.abs(rounded - x) === 0.5) expect(Math.abs(rounded % 2)).toBe(0);
        },
      ),
    );
  });
});

const binaryDefinitions = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  pow: (a: number, b: number) => (a === 1 || (a === -1 && Math.abs(b) === inf) ? 1 : a ** b),
  maximum: (a: number, b: number) => Math.max(a, b),
  minimum: (a: number, b: number) => Math.min(a, b),
  reluGradient: (a: number, b: number) => (b > 0 ? a : 0),
  equal: (a: number, b: number) => Number(a === b),
  notEqual: (a: number, b: number) => Number(a !== b),
  less: (a: number, b: number) => Number(a < b),
  lessEqual: (a: number, b: number) => Number(a <= b),
  greater: (a: number, b: number) => Number(a > b),
  greaterEqual: (a: number, b: number) => Number(a >= b),
};
type BinaryMethod = keyof typeof binaryDefinitions;

const pairsOfTables: fc.Arbitrary<{ whole: number[]; a: Table; b: Table }> = broadcastableShapes(2, 3).chain(
  ({ whole, parts }) =>
    fc.record({ whole: fc.constant(whole), a: tablesOf(parts[0]!, anyNumbers), b: tablesOf(parts[1]!, anyNumbers) }),
);

describe('functions of two numbers', () => {
  it.each(Object.entries(binaryDefinitions))('%s broadcasts as index by index', (name, definition) => {
    fc.assert(
      fc.property(pairsOfTables, ({ whole, a, b }) =>
        scope(() => {
          const found = tensorOf(a)[name as BinaryMethod](tensorOf(b));
          const expected = tableOf(whole, (index) => definition(atBroadcast(a, index), atBroadcast(b, index)));
          expect(found.shape).toEqual(whole);
          found.dataSync().forEach((value, i) => {
            const wanted = expected.data[i]!;
            expect(value === wanted || Object.is(value, wanted), `${value} instead of ${wanted}`).toBe(true);
          });
          expect(found.dtype).toBe(operators[name as BinaryMethod].infer([found, found], undefined)[0]!.dtype);
        }),
      ),
    );
  });

  it.each(Object.keys(binaryDefinitions))('%s takes a number for a scalar of the same type', (name) => {
    scope(() => {
      for (const dtype of ['float32', 'float64', 'int32'] as const) {
        const x = tensor([-2, 0, 3], { dtype });
        const method = name as Exclude<BinaryMethod, 'reluGradient'>;
        const found = x[method](2 as number & Tensor);
        expect(tableFrom(found)).toEqual(tableFrom(x[method](full([], 2, { dtype }))));
      }
    });
  });

  it('-0 is larger than nothing and smaller than 0 for maximum and minimum', () => {
    scope(() => {
      const [a, b] = [tensor([0, -0], float64), tensor([-0, 0], float64)];
      expect([...a.maximum(b).dataSync()]).toEqual([0, 0]);
      expect([...a.minimum(b).dataSync()]).toEqual([-0, -0]);
      expect([...a.equal(b).dataSync()]).toEqual([1, 1]);
    });
  });

  it('computes in double precision and rounds to single once', () => {
    fc.assert(
      fc.property(fc.float(), fc.float(), (a, b) =>
        scope(() => {
          for (const name of ['add', 'sub', 'mul', 'div'] as const) {
            const [found] = tensor([a])
              [name](tensor([b]))
              .dataSync();
            expect(found).toEqual(Math.fround(binaryDefinitions[name](a, b)));
          }
        }),
      ),
    );
  });

  it.each(['add', 'pow', 'less', 'maximum'] as const)('%s names both shapes that do not broadcast', (name) => {
    scope(() => {
      const run = () => ones([2, 3])[name](ones([4, 1, 2]));
      expect(run).toThrow(ShapeError);
      expect(run).toThrow(
        `${name}: [2,3] and [4,1,2]: axis 2 has lengths 3 and 2, which broadcast only where they are equal or one of them is 1`,
      );
      expect(() => ones([0])[name](ones([2]))).toThrow(ShapeError);
    });
  });
});

describe('integers', () => {
  const integers = fc.oneof(fc.integer(), fc.integer({ min: -9, max: 9 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31)));

  it('wrap around modulo 2^32, exactly', () => {
    const exact: [BinaryMethod & UnaryOrBinary, (a: bigint, b: bigint) => bigint][] = [
      ['add', (a, b) => a + b],
      ['sub', (a, b) => a - b],
      ['mul', (a, b) => a * b],
    ];
    fc.assert(
      fc.property(integers, integers, (a, b) =>
        scope(() => {
          for (const [name, definition] of exact) {
            const [found] = tensor([a], int32)
              [name](tensor([b], int32))
              .dataSync();
            expect(found).toBe(Number(BigInt.asIntN(32, definition(BigInt(a), BigInt(b)))));
          }
          expect(tensor([a], int32).square().itemSync()).toBe(Number(BigInt.asIntN(32, BigInt(a) ** 2n)));
          expect(tensor([a, b], int32).sum().itemSync()).toBe(Number(BigInt.asIntN(32, BigInt(a) + BigInt(b))));
        }),
      ),
      { numRuns: 300 },
    );
  });

  it('are divided towards zero, and by 0 to 0', () => {
    scope(() => {
      expect([
        ...tensor([7, -7, 7, -7, 5, 0], int32)
          .div(tensor([2, 2, -2, -2, 0, 0], int32))
          .dataSync(),
      ]).toEqual([3, -3, -3, 3, 0, 0]);
    });
  });

  it('have powers, signs and extremes', () => {
    scope(() => {
      expect([
        ...tensor([2, -3, 0, 5], int32)
          .pow(tensor([10, 3, 0, -1], int32))
          .dataSync(),
      ]).toEqual([1024, -27, 1, 0]);
      const x = tensor([-4, 0, 9], int32);
      expect([...x.sign().dataSync()]).toEqual([-1, 0, 1]);
      expect([...x.abs().dataSync()]).toEqual([4, 0, 9]);
      expect([...x.neg().dataSync()]).toEqual([4, 0, -9]);
      expect([...x.relu().dataSync()]).toEqual([0, 0, 9]);
      expect([...x.clamp(-1, 5).dataSync()]).toEqual([-1, 0, 5]);
      expect([...x.maximum(tensor([1], int32)).dataSync()]).toEqual([1, 1, 9]);
    });
  });
});

type UnaryOrBinary = 'add' | 'sub' | 'mul';

describe('types', () => {
  const floats: DType[] = ['float32', 'float64'];
  const numbers: DType[] = [...floats, 'int32'];
  const all: DType[] = [...numbers, 'bool'];
  const integral = ['neg', 'abs', 'sign', 'relu', 'square'];

  const allowed: [OperatorName, readonly DType[]][] = [
    ...([
      ...Object.keys(definitions),
      ...Object.keys({ erf: 0, gelu: 0, sigmoid: 0, softplus: 0, silu: 0, round: 0 }),
    ].map((name) => [name, integral.includes(name) ? numbers : floats]) as [OperatorName, readonly DType[]][]),
    ...(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'reluGradient'] as const).map(
      (name) => [name, numbers] as [OperatorName, readonly DType[]],
    ),
    ...(['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const).map(
      (name) => [name, all] as [OperatorName, readonly DType[]],
    ),
  ];

  it.each(allowed)('%s works on %j and refuses the rest', (name, types) => {
    scope(() => {
      for (const dtype of all) {
        const x = full([2], 1, { dtype });
        const run = () => (x[name as 'add'] as (other: Tensor) => Tensor).call(x, x);
        if (types.includes(dtype)) expect(run().size).toBe(2);
        else {
          expect(run).toThrow(DTypeError);
          expect(run).toThrow(`${name}: ${dtype} is not supported: cast() to float32 or float64`);
        }
      }
    });
  });

  it('are never mixed in silence', () => {
    scope(() => {
      const run = () => ones([2]).add(ones([2], float64));
      expect(run).toThrow(DTypeError);
      expect(run).toThrow('add: float32 and float64: make the types equal with cast()');
      expect(() => where(tensor([true]), ones([1]), ones([1], int32))).toThrow('where: float32 and int32');
      expect(() => where(ones([1]), ones([1]), ones([1]))).toThrow(
        'where: the condition is float32: cast() it to bool',
      );
      expect(() => ones([2], int32).add(0.5)).toThrow(DTypeError);
      expect(() => ones([2], int32).less(0.5)).toThrow('less: int32 holds integers from');
      expect(() => ones([2], { dtype: 'bool' }).equal(2)).toThrow('equal: bool holds 0 and 1, not 2');
      expect(() => ones([2], int32).clamp(0.5, 2)).toThrow('clamp: int32 holds integers');
    });
  });

  it('change by truncation, wrapping and comparison with 0', () => {
    scope(() => {
      const x = tensor([1.9, -1.9, 0, 0.4, 2 ** 31, nan, inf], float64);
      expect([...x.cast('int32').dataSync()]).toEqual([1, -1, 0, 0, -(2 ** 31), 0, 0]);
      expect([...x.cast('bool').dataSync()]).toEqual([1, 1, 0, 1, 1, 1, 1]);
      expect([...x.cast('float32').dataSync()]).toEqual([...x.dataSync()].map(Math.fround));
      expect([...tensor([true, false]).cast('float64').dataSync()]).toEqual([1, 0]);
      expect([...tensor([3, -3], int32).cast('float32').dataSync()]).toEqual([3, -3]);
      expect(x.cast('float64').dtype).toBe('float64');
    });
  });
});

describe('where and clamp', () => {
  it('where broadcasts three operands as index by index', () => {
    const triples = broadcastableShapes(3, 3).chain(({ whole, parts }) =>
      fc.record({
        whole: fc.constant(whole),
        test: tablesOf(parts[0]!, fc.constantFrom(0, 1)),
        a: tablesOf(parts[1]!, anyNumbers),
        b: tablesOf(parts[2]!, anyNumbers),
      }),
    );
    fc.assert(
      fc.property(triples, ({ whole, test, a, b }) =>
        scope(() => {
          const found = where(tensorOf(test, 'bool'), tensorOf(a), tensorOf(b));
          const expected = tableOf(whole, (index) => atBroadcast(atBroadcast(test, index) ? a : b, index));
          expect(tableFrom(found)).toEqual(expected);
        }),
      ),
    );
  });

  it('clamp limits, keeps NaN, and gives the upper limit where the limits cross', () => {
    scope(() => {
      const x = tensor([-inf, -3, -0, 2, inf, nan], float64);
      expect([...x.clamp(-1, 1).dataSync()]).toEqual([-1, -1, -0, 1, 1, nan]);
      expect([...x.clamp(-inf, inf).dataSync()]).toEqual([...x.dataSync()]);
      expect([...x.clamp(1, -1).dataSync()]).toEqual([-1, -1, -1, -1, -1, nan]);
    });
  });
});

describe('tensors of size 0 and 1', () => {
  it.each(Object.keys(definitions))('%s keeps their shapes', (name) => {
    scope(() => {
      for (const shape of [[], [1], [0], [2, 0, 3], [1, 1]]) {
        expect(full(shape, 0.5)[name as UnaryMethod]().shape).toEqual(shape);
      }
    });
  });
});

describe('remainders', () => {
  /** Multiples of 1/8, whose quotients and products are exact. */
  const exact = fc.integer({ min: -200, max: 200 }).map((n) => n / 8);
  const pairs = fc.tuple(exact, exact).filter(([, b]) => b !== 0);

  it('have the sign of the divisor, or of what is divided', () => {
    fc.assert(
      fc.property(fc.array(pairs, { minLength: 1 }), (drawn) =>
        scope(() => {
          const [a, b] = [0, 1].map((side) =>
            tensor(
              drawn.map((pair) => pair[side]!),
              float64,
            ),
          ) as [Tensor, Tensor];
          const found = [a.remainder(b), a.fmod(b), a.floorDivide(b)].map((each) => each.dataSync());
          for (const [i, [x, y]] of drawn.entries()) {
            expect(found[0]![i]! + 0).toBe(x - Math.floor(x / y) * y);
            expect(found[1]![i]! + 0).toBe(x - Math.trunc(x / y) * y);
            expect(found[2]![i]! + 0).toBe(Math.floor(x / y) + 0);
          }
        }),
      ),
    );
  });

  it('of integers are integers, and 0 where the divisor is 0', () => {
    scope(() => {
      const a = tensor([7, -7, 7, -7, 5, -2147483648], int32);
      const b = tensor([3, 3, -3, -3, 0, -1], int32);
      expect([...a.remainder(b).dataSync()]).toEqual([1, 2, -2, -1, 0, 0]);
      expect([...a.fmod(b).dataSync()]).toEqual([1, -1, 1, -1, 0, 0]);
      expect([
        ...a
          .slice([[0, 5]])
          .floorDivide(b.slice([[0, 5]]))
          .dataSync(),
      ]).toEqual([2, -3, -3, 2, 0]);
    });
  });

  it('of and by infinity and 0 are those of PyTorch', () => {
    scope(() => {
      const a = tensor([5, -5, inf, 5, nan, 1], float64);
      const b = tensor([inf, inf, 2, 0, 1, 0.1], float64);
      expect([...a.remainder(b).dataSync()]).toEqual([5, inf, nan, nan, nan, 1 % 0.1]);
      expect([...a.fmod(b).dataSync()]).toEqual([5, -5, nan, nan, nan, 1 % 0.1]);
      expect([...a.floorDivide(b).dataSync()]).toEqual([0, -1, nan, nan, nan, 9]);
    });
  });
});

describe('composed functions', () => {
  const values = (x: Tensor) => [...x.dataSync()];

  it('take limits of any kind', () => {
    scope(() => {
      const x = tensor([-2, 0, 3, nan], float64);
      expect(values(x.clamp(undefined, 1))).toEqual([-2, 0, 1, nan]);
      expect(values(x.clamp(-1))).toEqual([-1, 0, 3, nan]);
      expect(values(x.clamp(tensor([-3, 1, 1, 1], float64), tensor(2, float64)))).toEqual([-2, 1, 2, nan]);
      expect(values(tensor([-5, 9], int32).clamp(undefined, 7))).toEqual([-5, 7]);
      const same = x.clamp(undefined);
      expect(same).not.toBe(x);
      expect(values(same)).toEqual(values(x));
    });
  });

  it('have their values', () => {
    scope(() => {
      const x = tensor([0.25, 4, -1.75, 0], float64);
      expect(values(x.rsqrt())).toEqual([2, 0.5, nan, inf]);
      expect(values(x.frac())).toEqual([0.25, 0, -0.75, 0]);
      expect(values(x.lerp(tensor(8, float64), 0.5))).toEqual([4.125, 6, 3.125, 4]);
      expect(values(x.atan2(tensor([0.25, 0, -1.75, -1], float64)))).toEqual([
        Math.PI / 4,
        Math.PI / 2,
        -Math.PI * 0.75,
        Math.PI,
      ]);
      expect(values(tensor([3e300, 0, inf], float64).hypot(tensor([4e300, 0, nan], float64)))).toEqual([5e300, 0, inf]);
    });
  });

  it('put numbers in place of NaN and infinities', () => {
    scope(() => {
      const x = [nan, inf, -inf, 2];
      expect(values(tensor(x, float64).nanToNum())).toEqual([0, Number.MAX_VALUE, -Number.MAX_VALUE, 2]);
      expect(values(tensor(x).nanToNum({ nan: 1, neginf: -3 }))).toEqual([1, 3.4028234663852886e38, -3, 2]);
      expect(() => ones([1], int32).nanToNum()).toThrow(DTypeError);
    });
  });

  it('add what logarithms stand for, without overflow', () => {
    scope(() => {
      const [a, b] = [tensor([0, 1000, -inf, inf, 3], float64), tensor([0, 1000, -inf, inf, -inf], float64)];
      expect(values(a.logAddExp(b))).toEqual([Math.LN2, 1000 + Math.LN2, -inf, inf, 3]);
      expect(a.logAddExp(ones([2, 1], float64)).shape).toEqual([2, 5]);
    });
  });

  it('tell what is close', () => {
    scope(() => {
      const a = tensor([1, 1, 0, inf, inf, nan, 1e30], float64);
      const b = tensor([1 + 9e-6, 1 + 2e-5, 9e-9, inf, -inf, nan, inf], float64);
      expect(values(a.isClose(b))).toEqual([1, 0, 1, 1, 0, 0, 0]);
      expect(values(a.isClose(b, { rtol: 0, atol: 1e-4 }))).toEqual([1, 1, 1, 1, 0, 0, 0]);
    });
  });
});
