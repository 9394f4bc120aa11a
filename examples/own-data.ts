// A data set of your own for the command, together with a model of your own:
//   npx pnn train --dataset examples/own-data.ts --model examples/own-network.ts
import type { DatasetEntry } from '@pnn/data';
import { ArrayDataset, Generator } from '@pnn/nn';

const STEPS = 48;
const classes = ['sine', 'square', 'triangle'];
const shapes = [
  (phase: number) => Math.sin(2 * Math.PI * phase),
  (phase: number) => (phase % 1 < 0.5 ? 1 : -1),
  (phase: number) => 4 * Math.abs((phase % 1) - 0.5) - 1,
];

/** Noisy waves of any frequency and phase: replace this by whatever reads your files. */
function waves(count: number, stream: string): ArrayDataset {
  const generator = new Generator(1, stream);
  const inputs = new Float32Array(count * STEPS);
  const labels = Int32Array.from({ length: count }, () => generator.integer(classes.length));
  for (let sample = 0; sample < count; sample++) {
    const shape = shapes[labels[sample]!]!;
    const frequency = 2 + 2 * generator.uniform();
    const phase = generator.uniform();
    for (let step = 0; step < STEPS; step++) {
      inputs[sample * STEPS + step] = shape(phase + (frequency * step) / STEPS) + 0.2 * generator.normal();
    }
  }
  return new ArrayDataset({ inputs, inputShape: [1, STEPS], labels, classes });
}

export const dataset: DatasetEntry = {
  name: 'waves',
  summary: 'noisy waves of three shapes, 48 steps',
  inputShape: [1, STEPS],
  training: { epochs: 6, batchSize: 32, lr: 0.01 },
  load: async () => ({ name: 'waves', train: waves(960, 'train'), test: waves(300, 'test') }),
};
