import type { DatasetSplits } from '@pnn/data';
import type { ModelSpec } from '@pnn/models';
import { ArrayDataset, Generator } from '@pnn/nn';
import { defaultPolynomial, defaultTraining, type PolynomialSpec, type TrainingSpec } from '@pnn/pnn';
import { type ExperimentSpec, modelNamed } from '../../src/index.js';

const SIDE = 4;

/** Images of three classes: a bright row, a bright column, a bright corner, and noise. */
function toyImages(name: string, count: number): ArrayDataset {
  const generator = new Generator(1, name);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const isBright = [
    (_: number, y: number) => y === 1,
    (x: number) => x === 2,
    (x: number, y: number) => x + y < 2,
  ] as const;
  const inputs = Uint8Array.from({ length: count * SIDE * SIDE }, (_, i) => {
    const pixel = i % (SIDE * SIDE);
    const bright = isBright[labels[Math.floor(i / (SIDE * SIDE))]!]!(pixel % SIDE, Math.floor(pixel / SIDE));
    return (bright ? 140 : 20) + generator.integer(100);
  });
  return new ArrayDataset({ inputs, inputShape: [1, SIDE, SIDE], labels, classes: ['row', 'column', 'corner'] });
}

/** Images to train on and to test with. */
export function toySplits(train = 32, test = 20): DatasetSplits<ArrayDataset> {
  return { name: 'toy', train: toyImages('toy/train', train), test: toyImages('toy/test', test) };
}

/** What differs from the toy experiment; `model` is the name. */
export interface ToyChanges extends Partial<Omit<ModelSpec, 'name'>>, Partial<TrainingSpec> {
  readonly model?: string;
  readonly target?: string;
}

/** A small fully connected network, 3 epochs of 4 steps of which the first 3 are a warm-up; null makes the twin. */
export function toySpec(changes: ToyChanges = {}, polynomial: Partial<PolynomialSpec> | null = {}): ExperimentSpec {
  const { model = 'mlp', target = 'relu', widths = [6, 5], order, dropout = 0, ...training } = changes;
  const named = modelNamed(model, widths);
  return {
    model: { ...named, order: order ?? named.order, dropout },
    method: { target, polynomial: polynomial && { ...defaultPolynomial, degree: 4, ...polynomial } },
    training: { ...defaultTraining, epochs: 3, batchSize: 8, lr: 0.01, ...training },
  };
}
