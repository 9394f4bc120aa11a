import { AdamW, crossEntropy, type Module, type Parameter, type Sequential, scope, setSeed } from '@pnn/nn';
import { describe, expect, it } from 'vitest';
import { boundaryLoss, type StepRecord, Trainer } from '../../src/index.js';
import { all, bitsOf, blobLoader, parametersOf, toyNetwork } from './toy.js';

/** So strong a boundary loss that the gradients are far too long. */
const LAMBDA = 50;

function seededNetwork(): Sequential {
  setSeed(3);
  return toyNetwork({ bound: 1, alpha: 0.5 });
}

/** One batch, always the same. */
const loader = () => blobLoader(12, { shuffle: false });

/** The gradients of the first step, computed by hand. */
function gradientsByHand(): Module {
  const network = seededNetwork();
  scope(() => {
    const [batch] = loader();
    const logits = network.forward(batch!.inputs);
    crossEntropy(logits, batch!.labels)
      .add(boundaryLoss(network, { lambda: LAMBDA }))
      .backward();
  });
  return network;
}

/** The network after one step of training, with the gradients that were used, and the record of the step. */
async function trainOneStep(maxNorm: number | undefined, clipsEverything = false) {
  const network = seededNetwork();
  const groups = network.parameterGroups().map((group) => (clipsEverything ? { ...group, clipped: true } : group));
  const steps: StepRecord[] = [];
  const trainer = new Trainer(network, {
    optimizer: new AdamW(groups, { lr: 0.01, ...(maxNorm !== undefined && { maxNorm }) }),
    lambda: LAMBDA,
    onStep: (step) => steps.push(step),
  });
  const [epoch] = await all(trainer.fit(loader(), { epochs: 1 }));
  return { network, step: steps[0]!, epoch: epoch! };
}

function normOf(parameters: readonly Parameter[]): number {
  const gradients = parameters.flatMap(({ grad }) => Array.from(grad!.dataSync()));
  return Math.hypot(...gradients);
}

const bits = (parameters: readonly Parameter[]) => parameters.map(({ grad }) => bitsOf(grad!));

describe('clipping while training', () => {
  const unclipped = gradientsByHand();
  const [weights, normalization] = (['weight', 'normalization'] as const).map((role) => parametersOf(unclipped, role));

  it.each([0.01, 0.5, 1.5])(
    'shortens the gradients of the weights to %d and leaves γ and β alone, to the bit',
    async (c) => {
      const { network, step, epoch } = await trainOneStep(c);
      expect(normOf(weights!)).toBeGreaterThan(c);
      const trained = parametersOf(network, 'weight');
      expect(normOf(trained)).toBeLessThanOrEqual(c * (1 + 1e-6));
      expect(normOf(trained)).toBeGreaterThan(0.999 * c);
      expect(bits(parametersOf(network, 'normalization'))).toEqual(bits(normalization!));
      expect(step.clipped).toBe(true);
      expect(step.norm).toBeCloseTo(normOf(weights!), 3);
      expect(epoch).toMatchObject({ clippedShare: 1, gradientNorm: { median: step.norm, max: step.norm } });
    },
  );

  it('changes no bit of gradients that are short enough', async () => {
    const { network, step, epoch } = await trainOneStep(1e6);
    expect(bits(network.parameters())).toEqual(bits(unclipped.parameters()));
    expect(step.clipped).toBe(false);
    expect(epoch.clippedShare).toBe(0);
  });

  it('measures the norm where nothing is clipped', async () => {
    const { network, step } = await trainOneStep(undefined);
    expect(bits(network.parameters())).toEqual(bits(unclipped.parameters()));
    expect(step.norm).toBeCloseTo(normOf(weights!), 3);
    expect(step.clipped).toBe(false);
  });

  it('clips γ and β too, by the norm of all gradients, where it is not selective', async () => {
    const { network, step } = await trainOneStep(1, true);
    expect(step.norm).toBeCloseTo(normOf(unclipped.parameters()), 3);
    expect(normOf(network.parameters())).toBeLessThanOrEqual(1 + 1e-6);
    const own = parametersOf(network, 'normalization');
    expect(bits(own)).not.toEqual(bits(normalization!));
    expect(normOf(own)).toBeLessThan(normOf(normalization!));
  });
});
