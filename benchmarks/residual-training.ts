import { resnet18 } from '@pnn/models';
import { AdamW, ArrayDataset, type Communicator, DataLoader, setSeed } from '@pnn/nn';
import { PolynomialActivation, type StepRecord, Trainer } from '@pnn/pnn';

const IMAGE = [3, 32, 32] as const;

/** What differs between trainings that are compared. */
export interface ResidualTrainingOptions {
  readonly communicator: Communicator;
  /** Images a step, of all processes together. */
  readonly batchSize: number;
  readonly shards?: number;
  readonly overlap?: boolean;
  readonly onStep: (step: StepRecord) => void;
}

/** A training of a ResNet-18 on images of the size of CIFAR-10: each call of what is returned makes one step. */
export function residualTraining({ batchSize, ...options }: ResidualTrainingOptions): () => Promise<void> {
  setSeed(1);
  const network = resnet18({
    channels: IMAGE[0],
    classes: 10,
    activation: () => new PolynomialActivation({ target: 'relu', degree: 4, bound: 20, outside: 'tangent' }),
  });
  const elements = IMAGE[0] * IMAGE[1] * IMAGE[2];
  const data = new ArrayDataset({
    inputs: Float32Array.from({ length: elements * batchSize }, (_, i) => Math.sin(i)),
    inputShape: [...IMAGE],
    labels: Int32Array.from({ length: batchSize }, (_, i) => i % 10),
    classes: 10,
  });
  const trainer = new Trainer(network, {
    optimizer: new AdamW(network.parameterGroups(), { lr: 1e-4 }),
    ...options,
  });
  const loader = new DataLoader(data, { batchSize, dropLast: true });
  let epochs = 0;
  return async () => {
    epochs++;
    for await (const _ of trainer.fit(loader, { epochs }));
  };
}
