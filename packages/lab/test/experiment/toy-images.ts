import type { DatasetSplits, ImageDataset } from '@pnn/data';
import { type ActivationSettings, defaultActivation, defaultSettings, type ExperimentSettings } from '@pnn/models';
import { Generator } from '@pnn/nn';

const SIDE = 4;

/** Images of three classes: a bright row, a bright column, a bright corner, and noise. */
function toyImages(name: string, count: number): ImageDataset {
  const generator = new Generator(1, name);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const isBright = [
    (_: number, y: number) => y === 1,
    (x: number) => x === 2,
    (x: number, y: number) => x + y < 2,
  ] as const;
  const images = Uint8Array.from({ length: count * SIDE * SIDE }, (_, i) => {
    const pixel = i % (SIDE * SIDE);
    const bright = isBright[labels[Math.floor(i / (SIDE * SIDE))]!]!(pixel % SIDE, Math.floor(pixel / SIDE));
    return (bright ? 140 : 20) + generator.integer(100);
  });
  return { name, images, labels, count, channels: 1, height: SIDE, width: SIDE, classes: ['row', 'column', 'corner'] };
}

/** Images to train on and to test with. */
export function toySplits(train = 32, test = 20): DatasetSplits {
  return { train: toyImages('toy/train', train), test: toyImages('toy/test', test) };
}

/** A small fully connected network, 3 epochs of 4 steps of which the first 3 are a warm-up. */
export function toySettings(
  settings: Partial<ExperimentSettings> = {},
  activation: Partial<ActivationSettings> = {},
): ExperimentSettings {
  return {
    ...defaultSettings,
    model: 'mlp',
    widths: [6, 5],
    epochs: 3,
    batchSize: 8,
    lr: 0.01,
    activation: { ...defaultActivation, degree: 4, ...activation },
    ...settings,
  };
}
