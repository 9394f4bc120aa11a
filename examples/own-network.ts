// A model of your own for the command, together with a data set of your own:
//   npx pnn train --dataset examples/own-data.ts --model examples/own-network.ts
import type { ModelEntry } from '@pnn/models';
import { BatchNorm1d, Conv1d, GlobalAvgPool, Linear, Sequential } from '@pnn/nn';

export const model: ModelEntry = {
  name: 'wave-net',
  summary: 'two convolutions over time, their mean and a linear layer',
  widths: [8, 16],
  dropout: false,
  refuses: (inputShape, widths) =>
    inputShape.length === 2 && widths.length === 2 ? undefined : 'takes recordings [C,T] and two widths',
  make({ inputShape: [channels = 1], outputs, activation, widths: [first = 8, second = 16] }) {
    return new Sequential(
      new Conv1d(channels, first, 5, { padding: 2, bias: false }),
      new BatchNorm1d(first),
      activation(),
      new Conv1d(first, second, 5, { stride: 2, padding: 2, bias: false }),
      new BatchNorm1d(second),
      activation(),
      new GlobalAvgPool(),
      new Linear(second, outputs),
    );
  },
};
