import {
  AdamW,
  ArrayDataset,
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  DataLoader,
  Generator,
  GlobalAvgPool,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  scope,
  setSeed,
} from '@pnn/nn';

const SIZE = 8;
const COUNT = 128;

/** Noisy images of horizontal (class 0) and vertical (class 1) stripes. */
function stripes(generator: Generator): ArrayDataset {
  const inputs = new Float32Array(COUNT * SIZE * SIZE);
  const labels = Int32Array.from({ length: COUNT }, () => generator.integer(2));
  labels.forEach((label, image) => {
    const phase = generator.integer(4);
    for (let row = 0; row < SIZE; row++) {
      for (let column = 0; column < SIZE; column++) {
        const isBright = ((label === 0 ? row : column) + phase) % 4 < 2;
        inputs[(image * SIZE + row) * SIZE + column] = (isBright ? 1 : -1) + 0.5 * generator.normal();
      }
    }
  });
  return new ArrayDataset({ inputs, inputShape: [1, SIZE, SIZE], labels, classes: 2 });
}

setSeed(7);
const loader = new DataLoader(stripes(new Generator(7)), { batchSize: 32, shuffle: true });
const network = new Sequential(
  new Conv2d(1, 8, 3, { padding: 1 }),
  new BatchNorm2d(8),
  new ReLU(),
  new MaxPool2d(2),
  new Conv2d(8, 8, 3, { padding: 1 }),
  new ReLU(),
  new GlobalAvgPool(),
  new Linear(8, 2),
);
const optimizer = new AdamW(network.parameterGroups(), { lr: 0.01, maxNorm: 1 });

for (let epoch = 1; epoch <= 8; epoch++) {
  let sum = 0;
  for (const batch of loader) {
    optimizer.zeroGrad();
    const loss = scope(() => {
      const loss = crossEntropy(network.forward(batch.inputs), batch.labels);
      loss.backward();
      return loss.detach();
    });
    optimizer.step();
    sum += await loss.item();
    loss.dispose();
    batch.dispose();
  }
  console.log(`epoch ${epoch}: loss ${(sum / loader.length).toFixed(4)}`);
}
