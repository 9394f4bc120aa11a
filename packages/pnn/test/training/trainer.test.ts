import {
  AdamW,
  ArgumentError,
  ArrayDataset,
  type Batch,
  BatchNorm1d,
  crossEntropy,
  DataLoader,
  Dropout,
  Linear,
  memory,
  ReduceLROnPlateau,
  ReLU,
  Sequential,
  type Tensor,
  tensor,
} from '@pnn/nn';
import { describe, expect, it, vi } from 'vitest';
import {
  type CalibratedLayer,
  dualAscent,
  evaluate,
  PolynomialActivation,
  polynomialActivations,
  type StepRecord,
  Trainer,
} from '../../src/index.js';
import { settledMemory } from '../settled-memory.js';
import {
  all,
  blobLoader,
  blobs,
  networkBits,
  parametersOf,
  toyNetwork,
  toyTrainer,
  withInputs,
  withoutTimes,
} from './toy.js';

describe('Trainer', () => {
  it('learns: the loss falls and unseen samples are told apart', async () => {
    const trainer = toyTrainer({ lambda: 10 });
    const validation = new DataLoader(blobs(60, 2), { batchSize: 25 });
    const epochs = await all(trainer.fit(blobLoader(96), { epochs: 12, validation }));
    expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(epochs.at(-1)!.trainLoss).toBeLessThan(0.5 * epochs[0]!.trainLoss);
    expect(epochs.at(-1)!.validationMetrics!.accuracy).toBeGreaterThan(0.9);
    expect(trainer.stopped).toBeUndefined();
  });

  it('records of every epoch what its steps told', async () => {
    const steps: StepRecord[] = [];
    const trainer = toyTrainer({ lambda: dualAscent({ rise: 1.5 }), onStep: (step) => steps.push(step) });
    const loader = blobLoader(41);
    const validation = new DataLoader(blobs(20, 2), { batchSize: 8 });
    const epochs = await all(trainer.fit(loader, { epochs: 2, validation }));
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(steps.map(({ samples }) => samples)).toEqual([12, 12, 12, 5, 12, 12, 12, 5]);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const perSample = (own: readonly StepRecord[], value: (step: StepRecord) => number) =>
      own.reduce((sum, step) => sum + step.samples * value(step), 0) / 41;
    epochs.forEach((epoch, i) => {
      const own = steps.slice(4 * i, 4 * i + 4);
      const norms = own.map(({ norm }) => norm).sort((a, b) => a - b);
      expect(epoch.steps).toBe(4);
      expect(epoch.trainLoss).toBeCloseTo(
        perSample(own, ({ loss }) => loss),
        12,
      );
      expect(epoch.boundaryLoss).toBeCloseTo(
        perSample(own, ({ boundary }) => boundary),
        12,
      );
      const correct = own.map(({ samples, metrics }) => Math.round(samples * metrics.accuracy!));
      expect(epoch.trainMetrics).toEqual({ accuracy: correct.reduce((a, b) => a + b) / 41 });
      expect(epoch.learningRate).toBe(0.01);
      expect(epoch.gradientNorm).toEqual({ median: (norms[1]! + norms[2]!) / 2, max: norms[3] });
      expect(epoch.clippedShare).toBe(mean(own.map(({ clipped }) => (clipped ? 1 : 0))));
      expect(epoch.seconds).toBeGreaterThan(0);
      expect(epoch.layers).toHaveLength(1);
    });
    const [last] = epochs.at(-1)!.layers;
    const found = await evaluate(trainer.network, validation);
    expect(epochs.at(-1)).toMatchObject({ validationLoss: found.loss, validationMetrics: found.metrics });
    expect(last!.validation).toEqual(found.ranges[0]);
    expect(last!.lambda).toBe(trainer.lambdas[0]);
    expect(last!.lambda).not.toBe(10);
  });

  it('has null for what was not validated, and no boundary loss where λ is 0', async () => {
    const trainer = toyTrainer({ lambda: 0 });
    const [epoch] = await all(trainer.fit(blobLoader(), { epochs: 1 }));
    expect(epoch).toMatchObject({ validationLoss: null, validationMetrics: null, boundaryLoss: 0 });
    expect(epoch!.layers).toMatchObject([{ lambda: 0, validation: null }]);
  });

  it('has the λ of the paper if it is told none', async () => {
    const [epoch] = await all(toyTrainer().fit(blobLoader(), { epochs: 1 }));
    const [told] = await all(toyTrainer({ lambda: 1000 }).fit(blobLoader(), { epochs: 1 }));
    expect(epoch!.layers).toMatchObject([{ lambda: 1000 }]);
    expect(withoutTimes([epoch!])).toEqual(withoutTimes([told!]));
  });

  it('measures the ranges of training on training batches alone', async () => {
    const trainer = toyTrainer({ lambda: 1 });
    const loader = blobLoader(24, { batchSize: 24 });
    // Far larger, so that it would show.
    const far = withInputs(blobs(24, 9), (x) => 1000 * x);
    const validation = new DataLoader(far, { batchSize: 24 });
    for await (const { layers } of trainer.fit(loader, { epochs: 3, validation })) {
      expect(layers[0]!.validation!.maxAbs).toBeGreaterThan(20 * layers[0]!.train.maxAbs);
      // What somebody else does with the network in between does not count either.
      trainer.network.forward(tensor([90, 90, -90, 90, 1, 2, 3, 4], { shape: [2, 4] }));
    }
  });

  it('takes another loss', async () => {
    const loss = vi.fn((logits: Tensor, labels: Tensor) => logits.square().sum().mul(0).add(labels.size));
    const [epoch] = await all(toyTrainer({ loss }).fit(blobLoader(24), { epochs: 1 }));
    expect(loss).toHaveBeenCalledTimes(2);
    expect(epoch!.trainLoss).toBe(12);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d epochs', async (epochs) => {
    await expect(all(toyTrainer().fit(blobLoader(), { epochs }))).rejects.toThrow(
      new ArgumentError(`Trainer.fit: epochs must be a positive integer, not ${epochs}`),
    );
  });

  it('leaves room for events, so that a training can be interrupted from outside', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 1);
    const trainer = toyTrainer();
    for await (const { epoch } of trainer.fit(blobLoader(), { epochs: 100_000, signal: abort.signal })) {
      expect(epoch).toBeLessThan(100_000);
    }
    expect(abort.signal.aborted).toBe(true);
  });
});

describe('Trainer with a warm-up', () => {
  const calibration = { steps: 6, quantile: 1, margin: 2 };

  it('uses the targets first, then polynomials fitted to what they get', async () => {
    const modes: boolean[] = [];
    const found: CalibratedLayer[][] = [];
    const losses: number[] = [];
    const trainer = toyTrainer({
      calibration,
      lambda: 1000,
      activation: { bound: 0.5 },
      onStep: ({ boundary }) => {
        modes.push(activation!.approximating);
        losses.push(boundary);
      },
      onCalibration: (layers) => found.push([...layers]),
    });
    const [[name, activation]] = polynomialActivations(trainer.network) as [[string, PolynomialActivation]];
    const epochs = await all(trainer.fit(blobLoader(48), { epochs: 3 }));
    expect(modes).toEqual([...new Array(6).fill(false), ...new Array(6).fill(true)]);
    // No boundary loss during the warm-up, when B means nothing.
    expect(losses.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(found).toEqual([[{ name, quantile: activation.bound / 2, bound: activation.bound }]]);
    expect(activation.bound).toBeGreaterThan(1);
    // The second epoch has the ranges of its last two steps only: those with the bound that they are compared with.
    expect(epochs[0]!.layers[0]!.train.shareOutside).toBeGreaterThan(0);
    expect(epochs[1]!.layers[0]!.train.shareOutside).toBe(0);
    expect(epochs[1]!.layers[0]!.train.q999).toBeGreaterThan(activation.bound / 4);
  });

  it('evaluates with the targets while they are in use', async () => {
    const trainer = toyTrainer({ calibration: { steps: 5 } });
    const twin = toyNetwork();
    const validation = blobLoader(48, { shuffle: false });
    for await (const { epoch, validationLoss } of trainer.fit(blobLoader(), { epochs: 2, validation })) {
      if (epoch > 1) break;
      twin.loadStateDict(trainer.network.stateDict());
      expect((await evaluate(twin, validation)).loss).not.toBe(validationLoss);
      for (const [, activation] of polynomialActivations(twin)) activation.approximating = false;
      expect((await evaluate(twin, validation)).loss).toBe(validationLoss);
    }
  });

  it('can calibrate before the first step', async () => {
    const trainer = toyTrainer({ calibration: { steps: 0 }, activation: { bound: 1000 } });
    await all(trainer.fit(blobLoader(), { epochs: 1 }));
    expect(polynomialActivations(trainer.network)[0]![1].bound).toBeLessThan(50);
  });

  it.each([4, 5, 1000])('refuses a warm-up of %d steps where the training has 4', async (steps) => {
    const trainer = toyTrainer({ calibration: { steps } });
    await expect(all(trainer.fit(blobLoader(48), { epochs: 1 }))).rejects.toThrow(
      new ArgumentError(
        `Trainer.fit: a warm-up of ${steps} steps leaves none of the 4 steps of the training to the polynomials`,
      ),
    );
  });

  it.each([-1, 2.5, Number.NaN])('refuses a warm-up of %d steps', (steps) => {
    expect(() => toyTrainer({ calibration: { steps } })).toThrow(
      new ArgumentError(`Trainer: the steps of the warm-up must be an integer of 0 or more, not ${steps}`),
    );
  });
});

describe('Trainer on a training that diverges', () => {
  /** Counts the steps and keeps the bits of the network after each. */
  function watched(options: Parameters<typeof toyTrainer>[0] = {}) {
    const states: Record<string, string>[] = [];
    const trainer = toyTrainer({ ...options, onStep: () => states.push(networkBits(trainer.network)) });
    states.push(networkBits(trainer.network));
    return { trainer, states };
  }

  it('stops at the step in which a polynomial overflows, with the network of the step before', async () => {
    // Three layers without normalization: |x| grows by the 22nd power from each to the next.
    const activation = () => new PolynomialActivation({ degree: 22, bound: 2, outside: 'polynomial' });
    const network = new Sequential(
      new Linear(4, 8),
      new BatchNorm1d(8),
      activation(),
      new Linear(8, 8),
      activation(),
      new Linear(8, 3),
    );
    const { trainer, states } = watched({ network, adam: { lr: 0.5, maxNorm: 1e6 } });
    const epochs = await all(trainer.fit(blobLoader(), { epochs: 50 }));
    const { stopped } = trainer;
    expect(stopped).toBeDefined();
    expect(['2', '4']).toContain(stopped!.layer);
    expect(stopped!.step).toBe(states.length);
    expect(stopped!.reason).toMatch(/^the polynomial overflowed: \|x\| = \d\.\de\+\d+, B = 2$/);
    expect(epochs.length).toBeLessThan(50);
    expect(networkBits(network)).toEqual(states.at(-1));
    for (const [name, values] of network.stateDict()) {
      expect(values.dataSync().every(Number.isFinite), name).toBe(true);
    }
    expect(network.parameters().every(({ grad }) => grad === undefined)).toBe(true);
    // What is left can still be evaluated.
    const { ranges } = await evaluate(network, blobLoader());
    expect(ranges).toHaveLength(2);
  });

  it('stops where statistics overflow behind which the loss is finite', async () => {
    // 4e5⁴ is finite in float32, its square is not: BatchNorm makes zeros of what has an infinite variance.
    const network = new Sequential(
      new PolynomialActivation({ degree: 4, bound: 1, outside: 'polynomial' }),
      new BatchNorm1d(4),
      new ReLU(),
      new Linear(4, 3),
    );
    const { trainer, states } = watched({ network });
    const far = withInputs(blobs(12), (x) => 4e5 * x);
    await all(trainer.fit(new DataLoader(far, { batchSize: 12 }), { epochs: 1 }));
    expect(trainer.stopped).toMatchObject({ layer: '0', kind: 'PolynomialActivation', step: 1 });
    expect(trainer.stopped!.reason).toMatch(/^the polynomial overflowed: \|x\| = \d\.\de\+6, B = 1$/);
    expect(networkBits(network)).toEqual(states[0]);
  });

  it('stops at a loss that is NaN, which is the fault of no layer', async () => {
    let batches = 0;
    const loss = (logits: Tensor): Tensor =>
      logits
        .square()
        .mean()
        .mul(batches++ === 5 ? Number.NaN : 1);
    const { trainer, states } = watched({ loss });
    const epochs = await all(trainer.fit(blobLoader(), { epochs: 3 }));
    expect(trainer.stopped).toEqual({ layer: null, kind: null, step: 6, reason: 'the loss is NaN' });
    expect(epochs).toHaveLength(1);
    expect(states).toHaveLength(6);
    expect(networkBits(trainer.network)).toEqual(states.at(-1));
  });

  it('stops at gradients that are not finite although the loss is', async () => {
    let batches = 0;
    // √0 has the value 0 and the slope ∞.
    const loss = (logits: Tensor): Tensor =>
      batches++ === 2 ? logits.sub(logits.detach()).sqrt().sum() : logits.square().mean();
    const { trainer, states } = watched({ loss });
    await all(trainer.fit(blobLoader(), { epochs: 1 }));
    expect(trainer.stopped).toMatchObject({ layer: null, step: 3 });
    expect(trainer.stopped!.reason).toMatch(/^the gradient norm is (NaN|Infinity)$/);
    expect(networkBits(trainer.network)).toEqual(states.at(-1));
  });

  it('stops at a gradient of γ that is not finite, although clipping leaves it out', async () => {
    const network = new Sequential(new Linear(4, 8), new BatchNorm1d(8), new ReLU(), new Linear(8, 3));
    const [gamma] = parametersOf(network, 'normalization');
    const loss = (logits: Tensor): Tensor => logits.square().mean().add(gamma!.sub(gamma!.detach()).sqrt().sum());
    const { trainer, states } = watched({ network, loss });
    await all(trainer.fit(blobLoader(), { epochs: 1 }));
    expect(trainer.stopped).toMatchObject({ layer: null, step: 1 });
    expect(trainer.stopped!.reason).toMatch(/^the norm of the gradients that are not clipped is (NaN|Infinity)$/);
    expect(networkBits(network)).toEqual(states[0]);
  });

  it('keeps a step that was stopped out of the record of the epoch', async () => {
    const dataset = blobs(24);
    const { inputs } = dataset;
    (inputs as Float32Array)[4 * 12] = Number.POSITIVE_INFINITY;
    const trainer = toyTrainer();
    const loader = new DataLoader(dataset, { batchSize: 12 });
    await all(trainer.fit(loader, { epochs: 1 }));
    expect(trainer.stopped).toMatchObject({ step: 2 });
    (inputs as Float32Array)[4 * 12] = 1;
    const [epoch] = await all(trainer.fit(loader, { epochs: 1 }));
    expect(epoch!.steps).toBe(2);
    expect(epoch!.layers[0]!.train.maxAbs).toBeLessThan(100);
  });

  it('names the first layer that gets what is not finite', async () => {
    const spoiled = withInputs(blobs(12), (x, i) => (i === 0 ? Number.NaN : x));
    const { trainer, states } = watched();
    await all(trainer.fit(new DataLoader(spoiled, { batchSize: 12 }), { epochs: 1 }));
    const [[name]] = polynomialActivations(trainer.network) as [[string, PolynomialActivation]];
    expect(trainer.stopped).toMatchObject({ layer: name, step: 1 });
    expect(trainer.stopped!.reason).toMatch(/^\d+ of its inputs are not finite$/);
    // The running statistics of BatchNorm are those from before, too.
    expect(networkBits(trainer.network)).toEqual(states[0]);
  });

  it('does not blame polynomials that are not in use', async () => {
    const trainer = toyTrainer({
      activation: { bound: 0.01 },
      calibration: { steps: 3 },
      loss: (logits) => logits.mean().mul(Number.NaN),
    });
    await all(trainer.fit(blobLoader(), { epochs: 2 }));
    expect(trainer.stopped).toEqual({ layer: null, kind: null, step: 1, reason: 'the loss is NaN' });
  });

  it('stops where the warm-up ends with inputs that no bound can be based on', async () => {
    const network = toyNetwork();
    const trainer = toyTrainer({
      network,
      calibration: { steps: 2 },
      onStep({ step }) {
        // As a step too large leaves it.
        const [weight] = network.parameters();
        if (step === 2) weight!.assign(weight!.mul(Number.POSITIVE_INFINITY));
      },
    });
    expect(await all(trainer.fit(blobLoader(), { epochs: 2 }))).toEqual([]);
    expect(trainer.stopped).toMatchObject({
      layer: '3',
      kind: 'PolynomialActivation',
      step: 3,
      reason: expect.stringMatching(/^its inputs have the quantile NaN and reach NaN: /),
    });
    expect(trainer.progress()).toMatchObject({ step: 2, loader: { position: 2 } });
  });

  it('tries the same batch again when it is called again', async () => {
    let broken = true;
    const seen: string[] = [];
    const loss = (logits: Tensor, labels: Tensor): Tensor => {
      seen.push(labels.dataSync().join());
      return logits
        .square()
        .mean()
        .mul(broken && seen.length === 3 ? Number.NaN : 1);
    };
    const trainer = toyTrainer({ loss });
    const loader = blobLoader(48);
    expect(await all(trainer.fit(loader, { epochs: 1 }))).toEqual([]);
    expect(trainer.stopped).toBeDefined();
    broken = false;
    const [epoch] = await all(trainer.fit(loader, { epochs: 1 }));
    expect(trainer.stopped).toBeUndefined();
    expect(epoch!.steps).toBe(4);
    expect(seen).toHaveLength(5);
    expect(seen[3]).toBe(seen[2]);
    expect(new Set(seen).size).toBe(4);
  });

  it('goes on where only the validation overflows, and lets the scheduler count it as bad', async () => {
    const trainer = toyTrainer({ activation: { degree: 22, bound: 3, outside: 'tangent' }, adam: { lr: 1e-3 } });
    const { optimizer } = trainer.options;
    const scheduler = new ReduceLROnPlateau(optimizer, { patience: 1 });
    const far = withInputs(blobs(12, 5), (x) => 1e4 * x);
    const validation = new DataLoader(far, { batchSize: 12 });
    trainer.dispose();
    const scheduled = new Trainer(trainer.network, { optimizer, scheduler });
    const epochs = await all(scheduled.fit(blobLoader(), { epochs: 3, validation }));
    expect(epochs.map(({ validationLoss }) => Number.isFinite(validationLoss))).toEqual([false, false, false]);
    expect(scheduled.stopped).toBeUndefined();
    expect(optimizer.lr).toBeCloseTo(1e-4, 12);
  });
});

describe('Trainer where something fails', () => {
  it('tries a step in which the loss throws again, and leaves nothing behind', async () => {
    let calls = 0;
    const loss = (logits: Tensor, labels: Tensor): Tensor => {
      if (++calls === 3) throw new Error('no loss today');
      return crossEntropy(logits, labels);
    };
    const whole = toyTrainer();
    const expected = await all(whole.fit(blobLoader(), { epochs: 2 }));
    const failing = toyTrainer({ loss });
    const loader = blobLoader();
    await expect(all(failing.fit(loader, { epochs: 2 }))).rejects.toThrow('no loss today');
    const before = await settledMemory();
    calls = 2;
    await expect(all(failing.fit(loader, { epochs: 2 }))).rejects.toThrow('no loss today');
    expect(memory()).toEqual(before);
    const epochs = await all(failing.fit(loader, { epochs: 2 }));
    expect(withoutTimes(epochs)).toEqual(withoutTimes(expected));
    expect(networkBits(failing.network)).toEqual(networkBits(whole.network));
  });

  it.each([2, 4])('goes on after step %d where onStep throws', async (failing) => {
    const steps: number[] = [];
    const trainer = toyTrainer({
      onStep: ({ step }) => {
        steps.push(step);
        if (step === failing) throw new Error('full');
      },
    });
    const loader = blobLoader(48);
    await expect(all(trainer.fit(loader, { epochs: 2 }))).rejects.toThrow('full');
    const epochs = await all(trainer.fit(loader, { epochs: 2 }));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(epochs.map((epoch) => epoch.steps)).toEqual([4, 4]);
  });

  it('goes on with the validation where that failed', async () => {
    const trainer = toyTrainer();
    const inputs = new Float32Array(5);
    const unfit = new DataLoader(new ArrayDataset({ inputs, inputShape: [5], labels: Int32Array.of(0) }), {
      batchSize: 1,
    });
    const loader = blobLoader(48);
    await expect(all(trainer.fit(loader, { epochs: 2, validation: unfit }))).rejects.toThrow();
    const epochs = await all(trainer.fit(loader, { epochs: 2, validation: blobLoader() }));
    expect(epochs.map(({ epoch, steps }) => [epoch, steps])).toEqual([
      [1, 4],
      [2, 4],
    ]);
  });
});

describe('Trainer.dispose', () => {
  it('leaves no hooks on the network, and trains no more', async () => {
    const network = toyNetwork();
    const [[, activation]] = polynomialActivations(network) as [[string, PolynomialActivation]];
    const removed = vi.fn();
    const add = activation.addForwardHook.bind(activation);
    vi.spyOn(activation, 'addForwardHook').mockImplementation((hook) => {
      const remove = add(hook);
      return () => {
        removed();
        remove();
      };
    });
    const trainer = toyTrainer({ network });
    await all(trainer.fit(blobLoader(), { epochs: 1 }));
    expect(removed).not.toHaveBeenCalled();
    trainer[Symbol.dispose]();
    expect(removed).toHaveBeenCalledTimes(1);
    await expect(all(trainer.fit(blobLoader(), { epochs: 2 }))).rejects.toThrow(
      new ArgumentError('Trainer.fit: the trainer was disposed of: make another'),
    );
  });
});

describe('Trainer and a scheduler', () => {
  it.each([
    [undefined, true, 'validationLoss'],
    ['validation', true, 'validationLoss'],
    ['training', true, 'trainLoss'],
    ['validation', false, 'trainLoss'],
  ] as const)('with plateau %s and validation %s lets it see the %s', async (plateau, validates, loss) => {
    using plain = toyTrainer();
    const { network, options } = plain;
    const scheduler = new ReduceLROnPlateau(options.optimizer);
    const step = vi.spyOn(scheduler, 'step');
    const trainer = new Trainer(network, { ...options, scheduler, ...(plateau && { plateau }) });
    const validation = new DataLoader(blobs(60, 2), { batchSize: 25 });
    const epochs = await all(trainer.fit(blobLoader(), { epochs: 3, ...(validates && { validation }) }));
    expect(step.mock.calls).toEqual(epochs.map((epoch) => [epoch[loss]]));
  });
});

describe('Trainer and an AbortSignal', () => {
  it.each([1, 3, 4, 5, 8])('stops after step %d, in which the signal was aborted', async (last) => {
    const abort = new AbortController();
    const steps: number[] = [];
    const trainer = toyTrainer({
      onStep: ({ step }) => {
        steps.push(step);
        if (step === last) abort.abort();
      },
    });
    const epochs = await all(trainer.fit(blobLoader(48), { epochs: 2, signal: abort.signal }));
    expect(steps.at(-1)).toBe(last);
    expect(epochs).toHaveLength(Math.floor(last / 4));
    expect(trainer.stopped).toBeUndefined();
    expect(trainer.progress()).toMatchObject({ step: last, epoch: Math.floor(last / 4) });
  });

  it('does no step where the signal is aborted before', async () => {
    const onStep = vi.fn();
    const trainer = toyTrainer({ onStep });
    expect(await all(trainer.fit(blobLoader(), { epochs: 2, signal: AbortSignal.abort() }))).toEqual([]);
    expect(onStep).not.toHaveBeenCalled();
  });

  it('goes on with the next step at the next call, and ends like a training that was never stopped', async () => {
    const whole = toyTrainer({ lambda: 10 });
    const expected = await all(whole.fit(blobLoader(), { epochs: 3 }));

    const abort = new AbortController();
    const interrupted = toyTrainer({ lambda: 10, onStep: ({ step }) => step === 6 && abort.abort() });
    const loader = blobLoader();
    const first = await all(interrupted.fit(loader, { epochs: 3, signal: abort.signal }));
    const rest = await all(interrupted.fit(loader, { epochs: 3 }));
    expect(withoutTimes([...first, ...rest])).toEqual(withoutTimes(expected));
    expect(networkBits(interrupted.network)).toEqual(networkBits(whole.network));
  });
});

describe('evaluate', () => {
  it('gives what a computation by hand gives', async () => {
    const { network } = toyTrainer();
    const dataset = blobs(30, 4);
    const { loss, metrics, ranges } = await evaluate(network, new DataLoader(dataset, { batchSize: 7 }));
    network.eval();
    const logits = network.forward(tensor(dataset.inputs as Float32Array, { shape: [30, 4] })).dataSync();
    let total = 0;
    let correct = 0;
    dataset.labels.forEach((label, i) => {
      const row = Array.from(logits.slice(3 * i, 3 * i + 3));
      total += Math.log(row.reduce((sum, x) => sum + Math.exp(x - row[label]!), 0));
      if (row[label] === Math.max(...row)) correct++;
    });
    expect(loss).toBeCloseTo(total / 30, 5);
    expect(metrics).toEqual({ accuracy: correct / 30 });
    expect(ranges).toHaveLength(1);
  });

  it('repeats itself, and changes neither network nor memory', async () => {
    const { network } = toyTrainer({ network: toyNetwork({}, 0.5) });
    const bits = networkBits(network);
    const first = await evaluate(network, blobLoader());
    const before = await settledMemory();
    const second = await evaluate(network, blobLoader());
    expect(memory()).toEqual(before);
    expect([second.loss, second.metrics, second.ranges]).toEqual([
      expect.closeTo(first.loss, 5),
      first.metrics,
      first.ranges,
    ]);
    const ordered = () => blobLoader(48, { shuffle: false });
    expect((await evaluate(network, ordered())).loss).toBe((await evaluate(network, ordered())).loss);
    expect(networkBits(network)).toEqual(bits);
  });

  it('puts every module back into its own mode, also where it fails', async () => {
    const frozen = new BatchNorm1d(8).eval();
    const network = new Sequential(new Linear(4, 8), frozen, new Dropout(0.5), new ReLU(), new Linear(8, 3));
    const modes = () => Array.from(network.namedModules(), ([, { training }]) => training);
    const before = modes();
    expect(before).toContain(false);
    await evaluate(network, blobLoader());
    expect(modes()).toEqual(before);
    const unfit = new DataLoader(
      new ArrayDataset({ inputs: new Float32Array(5), inputShape: [5], labels: Int32Array.of(0) }),
      { batchSize: 1 },
    );
    await expect(evaluate(network, unfit)).rejects.toThrow();
    expect(modes()).toEqual(before);
  });

  it('frees the batch in which something fails', async () => {
    const network = toyNetwork();
    const given: Batch[] = [];
    function* batches() {
      for (const batch of blobLoader()) {
        given.push(batch);
        yield batch;
      }
    }
    const loss = () => {
      throw new Error('mine');
    };
    await expect(evaluate(network, batches(), { loss })).rejects.toThrow('mine');
    expect(given.map(({ inputs, labels }) => [inputs.disposed, labels.disposed])).toEqual([[true, true]]);
  });

  it('refuses to evaluate on nothing', async () => {
    await expect(evaluate(toyNetwork(), [] as Batch[])).rejects.toThrow(
      new ArgumentError('evaluate: there are no batches to evaluate on'),
    );
  });
});

describe('the memory of a training', () => {
  it('is the same after step 10 and after step 1000', async () => {
    await settledMemory();
    const uses: ReturnType<typeof memory>[] = [];
    const network = toyNetwork({ learnable: true, outside: 'tangent' }, 0.1);
    const trainer = toyTrainer({
      network,
      lambda: dualAscent(),
      calibration: { steps: 2 },
      onStep: ({ step }) => {
        if (step === 10 || step === 1000) uses.push(memory());
      },
    });
    const epochs = trainer.fit(blobLoader(48), { epochs: 250, validation: blobLoader(12) });
    for await (const { epoch } of epochs) if (epoch === 3 || epoch === 249) uses.push(memory());
    expect(uses).toHaveLength(4);
    expect(uses[3]).toEqual(uses[0]);
    expect(uses[2]).toEqual(uses[1]);
  });

  it('is given back', async () => {
    const before = await settledMemory();
    const network = toyNetwork();
    const optimizer = new AdamW(network.parameterGroups());
    const trainer = new Trainer(network, { optimizer, lambda: 1 });
    await all(trainer.fit(blobLoader(), { epochs: 2, validation: blobLoader() }));
    optimizer.zeroGrad();
    optimizer.dispose();
    network.dispose();
    expect(memory()).toEqual(before);
  });
});
