import { AdamW, binaryCrossEntropyWithLogits, Linear, Sequential, scope, setSeed, Tanh, tensor } from '@pnn/nn';

setSeed(7);
const inputs = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const targets = tensor([[0], [1], [1], [0]]);

const network = new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 1));
const optimizer = new AdamW(network.parameterGroups(), { lr: 0.05 });

for (let step = 0; step <= 200; step++) {
  optimizer.zeroGrad();
  const loss = scope(() => {
    const loss = binaryCrossEntropyWithLogits(network.forward(inputs), targets);
    loss.backward();
    return loss.detach();
  });
  optimizer.step();
  if (step % 50 === 0) console.log(`step ${step}: loss ${(await loss.item()).toFixed(4)}`);
  loss.dispose();
}
