import { AdamW, crossEntropy, Generator, normal, tensor } from '@pnn/nn';
import { boundaryLoss, PolynomialActivation, smallCnn } from '@pnn/pnn';
import type { Workload } from '../workload.js';

const BATCH = 64;
const SIZE = 28;
const CLASSES = 10;

/**
 * A whole step of training: two blocks of convolution (16 and 32 filters), BatchNorm, polynomial of degree 4 and pooling,
 * a linear layer; cross-entropy with boundary loss; backward; AdamW with clipping; 64 images of 28×28.
 */
export const trainingWorkloads: readonly Workload[] = [
  {
    name: 'training step/cnn',
    prepare: () => {
      const generator = new Generator(0);
      const images = normal([BATCH, 1, SIZE, SIZE], 0, 1, { generator });
      const labels = tensor(Int32Array.from({ length: BATCH }, () => generator.integer(CLASSES)));
      const activation = () => new PolynomialActivation({ degree: 4, bound: 10, outside: 'tangent' });
      const network = smallCnn({ channels: 1, height: SIZE, width: SIZE, classes: CLASSES, activation });
      const optimizer = new AdamW(network.parameterGroups(), { maxNorm: 1 });
      return {
        run: () => {
          optimizer.zeroGrad();
          const loss = crossEntropy(network.forward(images), labels);
          loss.add(boundaryLoss(network, { lambda: 10 })).backward();
          optimizer.step();
        },
        dispose: () => {
          optimizer.dispose();
          network.dispose();
          images.dispose();
          labels.dispose();
        },
      };
    },
  },
];
