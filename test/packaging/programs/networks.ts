import { buildModel, decodeNetworkFile, encodeNetworkFile } from '@pnn/models';
import { normal, setSeed } from '@pnn/nn';
import { activationFactory, defaultMethod } from '@pnn/pnn';

setSeed(7);
const inputShape = [1, 8, 8];
const x = normal([2, ...inputShape]);
for (const name of ['mlp', 'resnet8']) {
  const model = { name, widths: [], order: 'normalization-first', dropout: 0 } as const;
  const network = buildModel(model, { inputShape, outputs: 10, activation: activationFactory(defaultMethod) }).eval();
  const described = { model, method: defaultMethod, inputShape, inputType: 'float32', outputs: 10 } as const;
  const bytes = await encodeNetworkFile({ ...described, network, normalization: null, classes: null });
  const saved = decodeNetworkFile(bytes, name).network.forward(x).dataSync();
  const same = network
    .forward(x)
    .dataSync()
    .every((value, i) => Object.is(value, saved[i]));
  console.log(`${name}: ${bytes.length} bytes give the same network: ${same}`);
}
