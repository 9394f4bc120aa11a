import { dataLoaders, digits } from '@pnn/data';

const { train, test } = dataLoaders(digits({ train: 40, test: 20 }), { batchSize: 20 });
for (const loader of [train, test]) {
  for (const { inputs, labels } of loader) {
    console.log(`images ${inputs.shape.join('×')}, sum ${inputs.sum().itemSync().toFixed(2)}, of ${labels.dataSync()}`);
  }
}
