import { models } from '@pnn/models';
import { BatchNorm2d, Conv2d, Flatten, Linear, Sequential } from '@pnn/nn';

/** The network of CryptoNets' first layers: one strided convolution, one activation, one linear layer. */
models.register({
  name: 'strided',
  summary: 'a 5x5 convolution of stride 2 with 16 filters, and a linear layer',
  widths: null,
  dropout: false,
  make: ({ outputs, activation }) =>
    new Sequential(
      new Conv2d(1, 16, 5, { stride: 2, bias: false }),
      new BatchNorm2d(16),
      activation(),
      new Flatten(),
      new Linear(16 * 12 * 12, outputs),
    ),
});
