import { Conv2d, Flatten, Linear, ones, ReLU, Sequential, scope, setSeed, trace } from '@pnn/nn';

setSeed(1);
const network = new Sequential(new Conv2d(1, 4, 3), new ReLU(), new Flatten(), new Linear(16, 2)).eval();
const image = ones([1, 1, 4, 4]);

// What forward computes, as data: for export, for other machines, for counting.
const graph = trace(network, [image]);
console.log(`${graph}`);

// The operator tells the type of the attributes.
for (const node of graph.nodes) {
  if (node.operator !== 'conv2d') continue;
  const { kernel, stride } = node.attributes;
  console.log(`layer ${node.module!.path}: kernel ${kernel}, stride ${stride}`);
}

// The same bits, without the network's code.
scope(() => {
  const [logits] = graph.run([image]);
  console.log(`network ${network.forward(image)}`);
  console.log(`graph   ${logits}`);
});
graph.dispose();
