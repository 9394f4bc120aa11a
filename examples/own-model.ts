import { buildModel, decodeNetworkFile, encodeNetworkFile, models } from '@pnn/models';
import { Flatten, Linear, Sequential, sizeOf } from '@pnn/nn';
import { activationFactory, defaultMethod } from '@pnn/pnn';

models.register({
  name: 'bottleneck',
  summary: 'a wide layer and a narrow one, for samples of any shape',
  widths: [32, 8],
  dropout: false,
  refuses: (_, widths) => (widths.length === 2 ? undefined : 'takes two widths'),
  make: ({ inputShape, outputs, activation, widths: [wide = 32, narrow = 8] }) =>
    new Sequential(
      new Flatten(),
      new Linear(sizeOf(inputShape), wide),
      activation(),
      new Linear(wide, narrow),
      activation(),
      new Linear(narrow, outputs),
    ),
});

// From here on it is chosen like any other: by its name, as plain data.
const model = { name: 'bottleneck', widths: [16, 4], order: 'normalization-first', dropout: 0 } as const;
const samples = { inputShape: [1, 28, 28], inputType: 'uint8', normalization: null, outputs: 2 } as const;
const network = buildModel(model, { ...samples, activation: activationFactory(defaultMethod) });

const file = await encodeNetworkFile({ network, ...samples, model, method: defaultMethod, classes: ['no', 'yes'] });
const saved = decodeNetworkFile(file, 'my network');
console.log(`${saved.description.model.name}, ${saved.network.parameterCount()} parameters`);
console.log(`${saved.network}`);
