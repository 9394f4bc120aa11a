import { noGrad, requireGrad } from '@pnn/autograd';
import {
  ArgumentError,
  DisposedError,
  getDevice,
  type HostArray,
  memory,
  ones,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zerosLike,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type GoldenCase, loadGolden } from '../../../test/golden/load.js';
import { clipGradientNorm } from '../src/clipping.js';
import { BatchNorm1d, Linear, Polynomial, Sequential } from '../src/layers/index.js';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  type AdamOptions,
  AdamW,
  Lion,
  NAdam,
  type Optimizer,
  type OptimizerState,
  RAdam,
  RMSprop,
  SGD,
  type SGDOptions,
} from '../src/optimizers/index.js';
import { Parameter } from '../src/parameter.js';
import type { ParameterGroup, ParametersOrGroups } from '../src/parameter-groups.js';
import { StateDictError } from '../src/state-dict.js';
import { bitsOf, expectClose, giveGradient, normals, parameterOf } from './trained-parameters.js';

const makers = {
  SGD: (groups: readonly ParameterGroup[], options: AdamOptions) => new SGD(groups, options as SGDOptions),
  Adam: (groups: readonly ParameterGroup[], options: AdamOptions) => new Adam(groups, options),
  AdamW: (groups: readonly ParameterGroup[], options: AdamOptions) => new AdamW(groups, options),
  RMSprop: (groups: readonly ParameterGroup[], options: AdamOptions) => new RMSprop(groups, options),
  Adagrad: (groups: readonly ParameterGroup[], options: AdamOptions) => new Adagrad(groups, options),
  Adadelta: (groups: readonly ParameterGroup[], options: AdamOptions) => new Adadelta(groups, options),
  Adamax: (groups: readonly ParameterGroup[], options: AdamOptions) => new Adamax(groups, options),
  NAdam: (groups: readonly ParameterGroup[], options: AdamOptions) => new NAdam(groups, options),
  RAdam: (groups: readonly ParameterGroup[], options: AdamOptions) => new RAdam(groups, options),
  Lion: (groups: readonly ParameterGroup[], options: AdamOptions) => new Lion(groups, options),
};

type GroupAttributes = Readonly<Record<string, { readonly lr?: number; readonly weightDecay?: number }>>;

function replay({ subject, attributes, parameters, inputs, outputs }: GoldenCase): void {
  const {
    steps,
    eps,
    groups: own = {},
    ...options
  } = attributes as Record<string, number> & {
    groups?: GroupAttributes;
  };
  const members = new Map(
    Object.entries(parameters).map(([name, { data, shape }]) => [name, parameterOf(data, { shape })]),
  );
  const groups = [...members].map(([name, parameter]): ParameterGroup => {
    const { lr, weightDecay } = own[name] ?? {};
    return {
      name,
      parameters: [parameter],
      ...(lr === undefined ? {} : { lrScale: lr / options.lr! }),
      ...(weightDecay === undefined ? {} : { weightDecay }),
    };
  });
  using optimizer = makers[subject as keyof typeof makers](groups, {
    ...options,
    ...(eps === undefined ? {} : { epsilon: eps }),
  });
  for (let step = 0; step < steps!; step++) {
    optimizer.zeroGrad();
    for (const [name, parameter] of members) {
      const { size } = parameter;
      giveGradient(parameter, inputs[`${name}.gradients`]!.data.slice(step * size, (step + 1) * size));
    }
    optimizer.step();
    for (const [name, parameter] of members) {
      const { size } = parameter;
      const expected = outputs[name]!.data.slice(step * size, (step + 1) * size);
      expectClose(parameter.dataSync(), expected, `${name} after step ${step + 1}`);
    }
  }
}

const trajectories = [...loadGolden('optimizers'), ...loadGolden('adaptive')].filter(
  ({ subject }) => subject in makers,
);

describe('optimizers follow PyTorch', () => {
  it('in every stored trajectory', () => expect(trajectories.length).toBe(39));
  it.each(trajectories.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => replay(golden));
});

/** Two weights and a bias, of which the bias gets a gradient only every second step. */
class Problem {
  readonly parameters = [
    parameterOf(normals(1, 'weight', 6), { shape: [2, 3], dtype: 'float32' }),
    parameterOf(normals(1, 'bias', 3), { dtype: 'float32' }),
    parameterOf(normals(1, 'gamma', 4), { dtype: 'float32', role: 'normalization' }),
  ];
  readonly groups: readonly ParameterGroup[] = [
    { name: 'weight', parameters: this.parameters.slice(0, 2) },
    { name: 'normalization', parameters: this.parameters.slice(2), clipped: false, lrScale: 0.5, weightDecay: 0 },
  ];

  train(optimizer: Optimizer, from: number, to: number): void {
    for (let step = from; step < to; step++) {
      optimizer.zeroGrad();
      this.parameters.forEach((parameter, index) => {
        if (index === 1 && step % 2 === 0) return;
        giveGradient(parameter, normals(step, `gradient ${index}`, parameter.size));
      });
      optimizer.step();
    }
  }

  bits(): string[] {
    return this.parameters.map(bitsOf);
  }
}

/** What a checkpoint would bring back: settings through JSON, tensors through plain arrays. */
function stored({ settings, tensors }: OptimizerState): OptimizerState<HostArray> {
  return {
    settings: JSON.parse(JSON.stringify(settings)),
    tensors: new Map(
      [...tensors].map(([name, moment]) => [
        name,
        { dtype: moment.dtype, shape: moment.shape, data: moment.dataSync() },
      ]),
    ),
  };
}

const kinds: readonly (readonly [string, (groups: readonly ParameterGroup[]) => Optimizer])[] = [
  ['SGD', (groups) => new SGD(groups, { lr: 0.1 })],
  ['SGD with momentum', (groups) => new SGD(groups, { lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.01 })],
  ['Adam', (groups) => new Adam(groups, { maxValue: 0.5 })],
  ['AdamW', (groups) => new AdamW(groups, { lr: 1e-2, maxNorm: 1 })],
  ['AdamW with amsgrad', (groups) => new AdamW(groups, { amsgrad: true, betas: [0.9, 0.5] })],
  ['RMSprop', (groups) => new RMSprop(groups, { centered: true, momentum: 0.9, weightDecay: 0.01 })],
  ['Adagrad', (groups) => new Adagrad(groups, { lrDecay: 0.1, initialAccumulatorValue: 0.1 })],
  ['Adadelta', (groups) => new Adadelta(groups)],
  ['Adamax', (groups) => new Adamax(groups)],
  ['NAdam', (groups) => new NAdam(groups, { momentumDecay: 0.1 })],
  ['RAdam', (groups) => new RAdam(groups, { betas: [0.9, 0.9] })],
  ['Lion', (groups) => new Lion(groups, { weightDecay: 0.1 })],
  ['AdamW that only measures', (groups) => new AdamW(groups, { maxNorm: Number.POSITIVE_INFINITY })],
];

describe('state dicts', () => {
  it.each(kinds)('%s continues bit for bit', (_, make) => {
    fc.assert(
      fc.property(fc.nat(5), fc.nat(5), (before, after) => {
        const through = new Problem();
        using whole = make(through.groups);
        through.train(whole, 0, before + after);

        const first = new Problem();
        using interrupted = make(first.groups);
        first.train(interrupted, 0, before);
        interrupted.lr *= 0.5;
        const state = stored(interrupted.stateDict());
        const second = new Problem();
        second.parameters.forEach((parameter, index) => {
          noGrad(() => parameter.assign(first.parameters[index]!));
        });
        using resumed = make(second.groups);
        resumed.loadStateDict(state);
        expect(resumed.lr).toBe(interrupted.lr);
        resumed.lr *= 2;
        second.train(resumed, before, before + after);
        expect(second.bits()).toEqual(through.bits());
        expect(stored(resumed.stateDict())).toEqual(stored(whole.stateDict()));
      }),
      { numRuns: 20 },
    );
  });

  it('load over a state that is further on', () => {
    const problem = new Problem();
    using optimizer = new AdamW(problem.groups);
    const fresh = stored(optimizer.stateDict());
    problem.train(optimizer, 0, 2);
    optimizer.loadStateDict(fresh);
    expect(optimizer.stateDict().tensors.size).toBe(0);
    expect(optimizer.stateDict().settings.steps).toEqual([0, 0, 0]);
  });

  it('name what does not fit and change nothing', () => {
    const problem = new Problem();
    using optimizer = new AdamW(problem.groups);
    problem.train(optimizer, 0, 2);
    const before = stored(optimizer.stateDict());
    const refused = (state: OptimizerState<HostArray>, message: string) => {
      const attempt = () => optimizer.loadStateDict(state);
      expect(attempt).toThrow(StateDictError);
      expect(attempt).toThrow(message);
      expect(stored(optimizer.stateDict())).toEqual(before);
    };
    using sgd = new SGD(problem.groups, { lr: 1 });
    refused(stored(sgd.stateDict()), 'optimizer is "SGD" instead of "AdamW"');
    using other = new AdamW(problem.groups, { betas: [0.5, 0.999], maxNorm: 1 });
    refused(
      stored(other.stateDict()),
      'options.betas.0 is 0.5 instead of 0.9; options.maxNorm is 1 instead of missing',
    );
    using fewer = new AdamW(problem.groups.slice(0, 1));
    refused(stored(fewer.stateDict()), 'groups.1 is missing');
    const { settings, tensors } = before;
    refused({ settings: { ...settings, steps: [1] }, tensors }, 'steps is [1] instead of 3 counts');
    refused({ settings: { ...settings, options: { ...settings.options, lr: -1 } }, tensors }, 'options.lr is -1');
    const gone = new Map(tensors);
    gone.delete('0.moment2');
    gone.set('7.moment1', tensors.get('0.moment1')!);
    refused({ settings, tensors: gone }, 'missing: 0.moment2; unexpected: 7.moment1');
    const bent = new Map(tensors);
    bent.set('0.moment1', { dtype: 'float64', shape: [2], data: new Float64Array(2) });
    refused({ settings, tensors: bent }, '0.moment1 is float64 [2] instead of float32 [2,3]');
    const freed = new Map<string, Tensor | HostArray>([...tensors, ['0.moment1', zerosLike(problem.parameters[0]!)]]);
    (freed.get('0.moment1') as Tensor).dispose();
    expect(() => optimizer.loadStateDict({ settings, tensors: freed })).toThrow('0.moment1 was freed');
    bent.set('0.moment1', { dtype: 'float32', shape: [2, 3], data: new Float32Array(2) });
    expect(() => optimizer.loadStateDict({ settings, tensors: bent })).toThrow(ShapeError);
    expect(stored(optimizer.stateDict())).toEqual(before);
  });
});

describe('a plain list of parameters', () => {
  const networkOf = () =>
    new Sequential(
      new Linear(3, 4),
      new BatchNorm1d(4),
      new Polynomial({ basis: 'monomial', powers: [0, 1, 0.5] }, { bound: 3, learnable: true }),
      new Linear(4, 2),
    );
  const single = (network: Sequential) => [{ name: 'parameters', parameters: network.parameters() }];
  const makers = {
    SGD: (given: ParametersOrGroups) => new SGD(given, { lr: 0.1, momentum: 0.9, maxNorm: 0.1 }),
    Adam: (given: ParametersOrGroups) => new Adam(given, { lr: 0.1, maxValue: 0.01 }),
    AdamW: (given: ParametersOrGroups) => new AdamW(given, { lr: 0.1, maxNorm: 0.1 }),
  };

  /** The parameters after three steps. */
  function trained(
    make: (given: ParametersOrGroups) => Optimizer,
    givenOf: (network: Sequential) => ParametersOrGroups,
  ) {
    const network = networkOf();
    [...network.namedParameters()].forEach(([name, parameter]) => {
      noGrad(() => parameter.assign(tensor(Float32Array.from(normals(1, name, parameter.size)), parameter)));
    });
    using optimizer = make(givenOf(network));
    for (let step = 0; step < 3; step++) {
      optimizer.zeroGrad();
      for (const [name, parameter] of network.namedParameters()) {
        giveGradient(parameter, normals(step, `gradient ${name}`, parameter.size));
      }
      optimizer.step();
    }
    return network.parameters().map(bitsOf);
  }

  it.each(Object.entries(makers))('is trained by %s as its groups are, and not as one group', (_, make) => {
    const plain = trained(make, (network) => network.parameters());
    expect(plain).toEqual(trained(make, (network) => network.parameterGroups()));
    expect(plain).not.toEqual(trained(make, single));
  });

  it('is grouped by role', () => {
    const network = networkOf();
    using optimizer = new AdamW(network.parameters());
    expect(optimizer.groups).toEqual(network.parameterGroups());
    expect(optimizer.groups.map(({ name }) => name)).toEqual(['weight', 'normalization', 'polynomial']);
  });

  it('does not take over the state of a single group, and says how to', () => {
    const network = networkOf();
    using alike = new AdamW(single(network));
    network.parameters().forEach((parameter) => {
      giveGradient(parameter, normals(1, 'gradient', parameter.size));
    });
    alike.step();
    const state = stored(alike.stateDict());
    using grouped = new AdamW(network.parameters());
    const attempt = () => grouped.loadStateDict(state);
    expect(attempt).toThrow(StateDictError);
    expect(attempt).toThrow(
      ': the state has all parameters in one group: ' +
        "make this optimizer with [{ name: 'parameters', parameters }] to go on with it",
    );
    expect(grouped.stateDict().tensors.size).toBe(0);
    using again = new AdamW(single(network));
    again.loadStateDict(state);
    expect(stored(again.stateDict())).toEqual(state);
    const other = stored(grouped.stateDict());
    expect(() => again.loadStateDict(other)).toThrow('groups.0.name is "weight" instead of "parameters"');
    expect(() => again.loadStateDict(other)).not.toThrow('to go on with it');
  });
});

/** Trains two layers and expects as much to be alive after the last step as after the tenth. */
function growthOver(steps: number, optimizer: Optimizer, layers: readonly [Linear, Linear]): number[] {
  const inputs = tensor(Float32Array.from(normals(3, 'inputs', 20)), { shape: [5, 4] });
  const losses: number[] = [];
  let after10 = memory();
  for (let step = 1; step <= steps; step++) {
    scope(() => {
      optimizer.zeroGrad();
      const outputs: Tensor = layers[1].forward(layers[0].forward(inputs).relu());
      const loss = outputs.sub(1).square().mean();
      loss.backward();
      optimizer.step();
      losses.push(loss.itemSync());
    });
    if (step === 10) after10 = memory();
  }
  expect(memory()).toEqual(after10);
  return losses;
}

describe('a step', () => {
  it('leaves parameters without a gradient alone and counts their steps apart', () => {
    const problem = new Problem();
    using optimizer = new AdamW(problem.groups);
    const [, bias] = problem.bits();
    problem.train(optimizer, 0, 1);
    expect(problem.bits()[1]).toBe(bias);
    problem.train(optimizer, 1, 3);
    expect(optimizer.stateDict().settings.steps).toEqual([3, 1, 3]);
  });

  it('gives the norm of the clipped groups before clipping, and frees it at the next step', () => {
    const weight = parameterOf([1, 1]);
    const gamma = parameterOf([1], { role: 'normalization' });
    const groups = [
      { name: 'weight', parameters: [weight] },
      { name: 'normalization', parameters: [gamma], clipped: false },
    ];
    using optimizer = new SGD(groups, { lr: 1, maxNorm: 1 });
    expect([optimizer.maxNorm, optimizer.lastNorm]).toEqual([1, undefined]);
    giveGradient(weight, [3, 4]);
    giveGradient(gamma, [7]);
    scope(() => optimizer.step());
    const norm = optimizer.lastNorm!;
    expect(norm.itemSync()).toBe(5);
    expect(gamma.itemSync()).toBe(-6);
    expectClose(weight.dataSync(), [1 - 3 / (5 + 1e-6), 1 - 4 / (5 + 1e-6)], 'weight');
    optimizer.step();
    expect(norm.disposed).toBe(true);
    expect(optimizer.lastNorm!.itemSync()).toBeCloseTo(1, 5);
  });

  it('takes a norm that was measured before: to the same bits, and without measuring again', () => {
    const [own, given] = [1, 2].map(() => {
      const parameter = new Parameter(tensor([3, -4, 0.7]));
      parameter
        .mul(tensor([30, 0.1, 7]))
        .sum()
        .backward();
      return { parameter, optimizer: new AdamW([parameter], { lr: 0.1, maxNorm: 1 }) };
    });
    own!.optimizer.step();
    const norm = clipGradientNorm(given!.optimizer.groups, Number.POSITIVE_INFINITY);
    const measure = vi.spyOn(getDevice().kernels, 'euclideanNorm');
    given!.optimizer.step(norm);
    expect(measure).not.toHaveBeenCalled();
    measure.mockRestore();
    expect(given!.parameter.dataSync()).toEqual(own!.parameter.dataSync());
    expect(given!.optimizer.lastNorm!.itemSync()).toBe(own!.optimizer.lastNorm!.itemSync());
    norm.dispose();
    expect(given!.optimizer.lastNorm!.disposed).toBe(false);
  });

  it('shows gradients that are not finite in the norm', () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const weight = parameterOf([1, 1]);
      using optimizer = new AdamW([weight], { maxNorm: 1 });
      giveGradient(weight, [3, wrong]);
      optimizer.step();
      expect(optimizer.lastNorm!.itemSync()).toBe(wrong);
    }
  });

  it('is seen by a graph that still needs the old values', () => {
    const weight = parameterOf([1, 2]);
    using optimizer = new SGD([weight], { lr: 1 });
    const loss = weight.square().sum();
    giveGradient(weight, [1, 1]);
    optimizer.step();
    expect(() => loss.backward()).toThrow();
  });

  it('keeps nothing: as much is alive after 1000 steps as after 10', () => {
    for (const options of [{ maxNorm: 0.1 }, { maxValue: 0.01 }, {}]) {
      scope(() => {
        const layers = [new Linear(4, 8), new Linear(8, 3)] as const;
        using optimizer = new AdamW(
          layers.flatMap((layer) => layer.parameterGroups()),
          options,
        );
        const losses = growthOver(1000, optimizer, layers);
        expect(losses.at(-1)!).toBeLessThan(losses[0]! / 10);
        for (const layer of layers) layer.dispose();
      });
    }
  });

  it.each(kinds)('of %s keeps nothing and lowers the loss', (_, make) => {
    scope(() => {
      const layers = [new Linear(4, 8), new Linear(8, 3)] as const;
      using optimizer = make(layers.flatMap((layer) => layer.parameterGroups()));
      optimizer.lr *= 0.1;
      const losses = growthOver(50, optimizer, layers);
      expect(losses.at(-1)!).toBeLessThan(losses[0]!);
      for (const layer of layers) layer.dispose();
    });
  });

  it('frees everything of its own at the end', () => {
    const problem = new Problem();
    const before = memory();
    const optimizer = new AdamW(problem.groups, { maxNorm: 1 });
    problem.train(optimizer, 0, 3);
    optimizer.zeroGrad();
    optimizer.dispose();
    expect(memory()).toEqual(before);
    expect(() => optimizer.step()).toThrow(DisposedError);
  });

  it('refuses parameters that were freed', () => {
    const layer = new Linear(2, 2);
    using optimizer = new AdamW(layer.parameterGroups());
    layer.cast('float64');
    expect(() => optimizer.step()).toThrow(DisposedError);
    expect(() => optimizer.step()).toThrow('AdamW: a parameter [2,2] of group weight was freed');
  });
});

describe('RMSprop', () => {
  it('divides by a standard deviation of 0 or more where the gradient never changes, whatever is rounded', () => {
    fc.assert(
      fc.property(fc.float({ min: 0.125, max: 8, noNaN: true }), (gradient) => {
        const weight = parameterOf([1], { dtype: 'float32' });
        using optimizer = new RMSprop([weight], { alpha: 0.5, centered: true, epsilon: 1 });
        for (let step = 0; step < 40; step++) {
          optimizer.zeroGrad();
          giveGradient(weight, [gradient]);
          optimizer.step();
        }
        expect(weight.itemSync()).not.toBeNaN();
      }),
    );
  });
});

describe('NAdam', () => {
  it('knows the momentum of parameters that have taken other numbers of steps', () => {
    const make = () => parameterOf([1, -2]);
    const [both, alone] = [
      [make(), make()],
      [make(), make()],
    ] as const;
    using together = new NAdam(both, { momentumDecay: 0.5 });
    const apart = alone.map((parameter) => new NAdam([parameter], { momentumDecay: 0.5 }));
    for (let step = 0; step < 9; step++) {
      together.zeroGrad();
      for (const optimizer of apart) optimizer.zeroGrad();
      for (const index of step % 3 === 0 ? [0, 1] : [1]) {
        const gradient = normals(step, `gradient ${index}`, 2);
        giveGradient(both[index]!, gradient);
        giveGradient(alone[index]!, gradient);
      }
      together.step();
      for (const optimizer of apart) optimizer.step();
    }
    expect(both.map(bitsOf)).toEqual(alone.map(bitsOf));
  });
});

describe('a group that is added', () => {
  it('is trained from then on, and its state continues bit for bit', () => {
    const make = (problem: Problem) => new AdamW(problem.groups.slice(0, 1), { lr: 0.1 });
    const whole = new Problem();
    using optimizer = make(whole);
    const before = whole.bits();
    whole.train(optimizer, 0, 2);
    expect(whole.bits()[2]).toBe(before[2]);
    optimizer.addParameterGroup(whole.groups[1]!);
    expect(optimizer.groups.map(({ name }) => name)).toEqual(['weight', 'normalization']);
    optimizer.zeroGrad();
    whole.train(optimizer, 2, 4);
    expect(whole.bits()[2]).not.toBe(before[2]);
    expect(optimizer.stateDict().settings.steps).toEqual([4, 2, 2]);

    const second = new Problem();
    second.parameters.forEach((parameter, index) => {
      noGrad(() => parameter.assign(whole.parameters[index]!));
    });
    using resumed = make(second);
    const state = stored(optimizer.stateDict());
    expect(() => resumed.loadStateDict(state)).toThrow('groups.1 is');
    resumed.addParameterGroup(second.groups[1]!);
    resumed.loadStateDict(state);
    whole.train(optimizer, 4, 6);
    second.train(resumed, 4, 6);
    expect(second.bits()).toEqual(whole.bits());
  });

  it('is refused where it has nothing new, or what is trained already', () => {
    const { groups, parameters } = new Problem();
    using optimizer = new SGD(groups, { lr: 1 });
    const add = (group: ParameterGroup) => () => optimizer.addParameterGroup(group);
    expect(add({ name: 'head', parameters: [] })).toThrow('SGD: there are no parameters: pass those of a module');
    expect(add({ name: 'head', parameters: [parameters[0]!] })).toThrow(
      'SGD: a parameter [2,3] is in weight and in head: name it once',
    );
    expect(add({ name: 'head', parameters: [parameterOf([1])], lrScale: -1 })).toThrow('lrScale of group head must be');
    expect(optimizer.groups).toEqual(groups);
  });
});

describe('the momentum of an optimizer', () => {
  it('is that of the next step', () => {
    const [changed, made] = [parameterOf([1]), parameterOf([1])];
    using first = new SGD([changed], { lr: 0.1, momentum: 0.9 });
    using second = new SGD([made], { lr: 0.1, momentum: 0.5 });
    first.momentum = 0.5;
    for (let step = 0; step < 3; step++) {
      for (const [parameter, optimizer] of [
        [changed, first],
        [made, second],
      ] as const) {
        optimizer.zeroGrad();
        giveGradient(parameter, [step + 1]);
        optimizer.step();
      }
    }
    expect(bitsOf(changed)).toBe(bitsOf(made));
  });

  it('can be changed where there is one', () => {
    const momentumOf = (optimizer: Optimizer) => {
      const { momentum } = optimizer;
      if (momentum === undefined) {
        expect(() => {
          optimizer.momentum = 0.5;
        }).toThrow(`${optimizer.name}: momentum 0.5: the optimizer has none that can be changed`);
      } else {
        optimizer.momentum = 0.5;
        expect(optimizer.momentum).toBe(0.5);
        expect(() => {
          optimizer.momentum = 1;
        }).toThrow(`${optimizer.name}: momentum must be from 0 to below 1, not 1`);
      }
      optimizer.dispose();
      return momentum;
    };
    const weight = () => [parameterOf([1])];
    expect(momentumOf(new SGD(weight(), { lr: 1 }))).toBeUndefined();
    expect(momentumOf(new SGD(weight(), { lr: 1, momentum: 0.8 }))).toBe(0.8);
    expect(momentumOf(new RMSprop(weight()))).toBeUndefined();
    expect(momentumOf(new RMSprop(weight(), { momentum: 0.8 }))).toBe(0.8);
    expect(momentumOf(new AdamW(weight(), { betas: [0.7, 0.9] }))).toBe(0.7);
    expect(momentumOf(new Adagrad(weight()))).toBeUndefined();
    expect(momentumOf(new NAdam(weight()))).toBeUndefined();
  });
});

describe('wrong options', () => {
  const weight = () => [parameterOf([1])];
  const twice = new Parameter(tensor([1]));
  const wrong: readonly (readonly [message: string, make: () => Optimizer])[] = [
    ['AdamW: lr must be a finite number of 0 or more, not -1', () => new AdamW(weight(), { lr: -1 })],
    ['SGD: lr must be a finite number of 0 or more, not NaN', () => new SGD(weight(), { lr: Number.NaN })],
    ['Adam: betas must be two numbers from 0 to below 1, not [0.9,1]', () => new Adam(weight(), { betas: [0.9, 1] })],
    ['Adam: betas must be', () => new Adam(weight(), { betas: [-0.1, 0.9] })],
    ['Adam: epsilon must be a finite number above 0, not 0', () => new Adam(weight(), { epsilon: 0 })],
    ['AdamW: weightDecay must be', () => new AdamW(weight(), { weightDecay: -1 })],
    ['AdamW: maxNorm must be a number above 0, not 0', () => new AdamW(weight(), { maxNorm: 0 })],
    ['AdamW: maxValue must be a number above 0, not NaN', () => new AdamW(weight(), { maxValue: Number.NaN })],
    ['clipped by maxNorm or by maxValue', () => new AdamW(weight(), { maxNorm: 1, maxValue: 1 })],
    ['SGD: momentum must be from 0 to below 1, not 1', () => new SGD(weight(), { lr: 1, momentum: 1 })],
    ['SGD: dampening must be from 0 to 1, not 2', () => new SGD(weight(), { lr: 1, momentum: 0.5, dampening: 2 })],
    ['SGD: nesterov with momentum 0', () => new SGD(weight(), { lr: 1, nesterov: true })],
    [
      'SGD: nesterov with momentum 0.9 and dampening 0.1',
      () => new SGD(weight(), { lr: 1, nesterov: true, momentum: 0.9, dampening: 0.1 }),
    ],
    ['RMSprop: alpha must be from 0 to below 1, not 1', () => new RMSprop(weight(), { alpha: 1 })],
    ['RMSprop: momentum must be from 0 to below 1, not 1', () => new RMSprop(weight(), { momentum: 1 })],
    ['RMSprop: epsilon must be a finite number above 0, not 0', () => new RMSprop(weight(), { epsilon: 0 })],
    ['Adagrad: lrDecay must be a finite number of 0 or more', () => new Adagrad(weight(), { lrDecay: -1 })],
    ['Adagrad: initialAccumulatorValue must be', () => new Adagrad(weight(), { initialAccumulatorValue: -1 })],
    ['Adadelta: rho must be from 0 to below 1, not 1', () => new Adadelta(weight(), { rho: 1 })],
    ['Adamax: betas must be two numbers', () => new Adamax(weight(), { betas: [1, 0.9] })],
    ['NAdam: momentumDecay must be a finite number of 0', () => new NAdam(weight(), { momentumDecay: -1 })],
    ['RAdam: epsilon must be', () => new RAdam(weight(), { epsilon: Number.NaN })],
    ['Lion: betas must be two numbers', () => new Lion(weight(), { betas: [0.9, 1] })],
    ['AdamW: there are no parameters', () => new AdamW([])],
    ['AdamW: there are no parameters', () => new AdamW([{ name: 'empty', parameters: [] }])],
    ['AdamW: a parameter [1] is in parameters twice', () => new AdamW([twice, twice])],
    [
      'AdamW: a tensor [2] is not a parameter: make it one with new Parameter(tensor)',
      () => new AdamW([requireGrad(ones([2]))] as never),
    ],
    [
      'AdamW: a tensor [2] is not a parameter: make it one with new Parameter(tensor)',
      () => new AdamW([...weight(), requireGrad(ones([2])) as never]),
    ],
    [
      'AdamW: a parameter [1] is in a and in b',
      () =>
        new AdamW([
          { name: 'a', parameters: [twice] },
          { name: 'b', parameters: [twice] },
        ]),
    ],
    ['AdamW: lrScale of group a must be', () => new AdamW([{ name: 'a', parameters: weight(), lrScale: -1 }])],
  ];
  it.each(wrong)('%s', (message, make) => {
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });

  it('are refused later too', () => {
    using optimizer = new SGD(weight(), { lr: 1 });
    expect(() => {
      optimizer.lr = -1;
    }).toThrow(ArgumentError);
    expect(optimizer.lr).toBe(1);
  });
});
