import {
  AdamW,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  Flatten,
  GlobalAvgPool,
  Linear,
  type Module,
  type Parameter,
  Residual,
  Sequential,
  scope,
  sizeOf,
  tensor,
} from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import { labels, uniform, weightReach } from '../inputs.js';
import type { Layer, StepWork } from '../work.js';
import type { Task } from './task.js';

/** Makes networks of layers in plain data, with weights that everyone starts from. */
class NetworkBuilder {
  /** The seed of the next weights; the images have seed 1. */
  #seed = 2;

  constructor(private readonly work: StepWork) {}

  network(layers: readonly Layer[]): Sequential {
    return new Sequential(...layers.map((layer) => this.#module(layer)));
  }

  #module(layer: Layer): Module {
    switch (layer.layer) {
      case 'convolution': {
        const { inputs, outputs, kernel, stride } = layer;
        const module = new Conv2d(inputs, outputs, kernel, { stride, padding: Math.floor(kernel / 2), bias: false });
        this.#initialize(module.weight, inputs * kernel ** 2);
        return module;
      }
      case 'linear': {
        const module = new Linear(layer.inputs, layer.outputs);
        this.#initialize(module.weight, layer.inputs);
        return module;
      }
      case 'batch norm':
        return layer.images ? new BatchNorm2d(layer.channels) : new BatchNorm1d(layer.channels);
      case 'polynomial':
        return new PolynomialActivation({ degree: this.work.powers.length - 1, bound: this.work.bound });
      case 'average pool':
        return new AvgPool2d(2);
      case 'global average pool':
        return new GlobalAvgPool();
      case 'flatten':
        return new Flatten();
      case 'residual': {
        const body = this.network(layer.body);
        return layer.shortcut.length > 0 ? new Residual(body, this.network(layer.shortcut)) : new Residual(body);
      }
    }
  }

  #initialize(weight: Parameter, fanIn: number): void {
    const reach = weightReach(fanIn);
    scope(() => weight.assign(tensor(uniform(weight.size, this.#seed++, -reach, reach), { shape: weight.shape })));
  }
}

/** Losses that are compared: of the first step and behind two updates. */
const COMPARED_STEPS = 3;

/** A network with its optimizer, and one batch. */
export function stepTask(work: StepWork): Task {
  const { batch, input, classes, layers } = work;
  const network = new NetworkBuilder(work).network(layers);
  const parameters = network.parameters();
  const optimizer = new AdamW(parameters);
  const shape = [batch, ...input];
  const pixels = uniform(sizeOf(shape), 1);
  const classOf = labels(batch, classes);
  return {
    upload: () => {
      const images = tensor(pixels, { shape });
      const targets = tensor(classOf);
      const step = () => {
        optimizer.zeroGrad();
        const loss = crossEntropy(network.forward(images), targets);
        loss.backward();
        optimizer.step();
        return [loss];
      };
      return { inputs: [images, targets], compute: step };
    },
    state: parameters,
    comparedRuns: COMPARED_STEPS,
    dispose: () => {
      optimizer.dispose();
      network.dispose();
    },
  };
}
