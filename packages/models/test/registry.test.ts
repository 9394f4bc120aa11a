import { ArgumentError, Flatten, Linear, type Module, Sequential, sizeOf } from '@pnn/nn';
import { activationFactory, defaultMethod, polynomialActivations } from '@pnn/pnn';
import { afterEach, describe, expect, it } from 'vitest';
import {
  buildModel,
  checkModel,
  decodeNetworkFile,
  encodeNetworkFile,
  type ModelEntry,
  type ModelSpec,
  models,
} from '../src/index.js';

/** A model that this package does not have. */
const tiny: ModelEntry = {
  name: 'tiny',
  summary: 'one hidden layer',
  widths: [3],
  dropout: false,
  refuses: (inputShape, widths) =>
    widths.length === 1 ? undefined : `has one hidden layer, not ${widths.length} for ${inputShape.length} axes`,
  make: ({ inputShape, outputs, activation, widths }): Module =>
    new Sequential(
      new Flatten(),
      new Linear(sizeOf(inputShape), widths[0]!),
      activation(),
      new Linear(widths[0]!, outputs),
    ),
};

const spec = (name: string, changes: Partial<ModelSpec> = {}): ModelSpec => ({
  name,
  widths: [],
  order: 'normalization-first',
  dropout: 0,
  ...changes,
});

const activation = activationFactory(defaultMethod);

/** Of degree 8: five of the even part, one of the odd. */
const COEFFICIENTS = 6;

describe('a model of the user', () => {
  let unregister = () => {};
  afterEach(() => unregister());

  it('is made, saved and loaded by its name as long as it is registered', async () => {
    const model = spec('tiny', { widths: [5] });
    const options = { inputShape: [2, 3], outputs: 4, activation };
    expect(() => buildModel(model, options)).toThrow(
      new ArgumentError(
        "no model is called 'tiny'; there are cnn, mlp, resnet8, resnet20, resnet18, lenet, vgg, resnet1d, spectrogram-cnn",
      ),
    );
    unregister = models.register(tiny);
    expect(models.names()).toContain('tiny');
    const network = buildModel(model, options);
    expect(network.parameterCount()).toBe(6 * 5 + 5 + 5 * 4 + 4 + COEFFICIENTS);
    const described = { model, method: defaultMethod, inputShape: [2, 3], outputs: 4, classes: null };
    const bytes = await encodeNetworkFile({ network, ...described, inputType: 'float64', normalization: null });
    const saved = decodeNetworkFile(bytes, 'mine');
    expect(saved.description).toMatchObject(described);
    expect(polynomialActivations(saved.network)).toHaveLength(1);
    for (const [name, values] of network.stateDict()) {
      expect(saved.network.stateDict().get(name)!.dataSync(), name).toEqual(values.dataSync());
    }
    unregister();
    expect(() => decodeNetworkFile(bytes, 'mine')).toThrow(
      /^mine: its model 'tiny' is not registered: .* models\.register\(\), or with pnn by --import FILE; there are cnn, /,
    );
  });

  it('refuses what it does not take', () => {
    unregister = models.register(tiny);
    expect(() => checkModel(spec('tiny', { widths: [1, 2] }), [4])).toThrow(
      new ArgumentError('the model tiny has one hidden layer, not 2 for 1 axes'),
    );
    expect(() => models.register(tiny)).toThrow(ArgumentError);
  });
});

describe('checkModel', () => {
  it.each<[ModelSpec, number[], string]>([
    [
      spec('alexnet'),
      [1, 8, 8],
      "no model is called 'alexnet'; there are cnn, mlp, resnet8, resnet20, resnet18, lenet, vgg, resnet1d, spectrogram-cnn",
    ],
    [spec('cnn', { widths: [4] }), [6], 'the model cnn takes images [C,H,W], not samples [6]'],
    [spec('resnet8'), [3, 40], 'the model resnet8 takes images [C,H,W], not samples [3,40]'],
    [
      spec('cnn', { widths: [2, 2, 2, 2] }),
      [1, 9, 8],
      'the model cnn halves images of 9x8 4 times, until nothing is left: give fewer filters',
    ],
    [spec('resnet20', { widths: [4] }), [1, 8, 8], 'the model resnet20 has no widths to choose'],
    [spec('lenet', { widths: [5, 50, 100] }), [1, 10, 28], 'the model lenet takes images of 11x11 or more, not 10x28'],
    [
      spec('lenet', { widths: [5, 50] }),
      [1, 28, 28],
      'the model lenet has two numbers of filters and one of features, not 2 widths',
    ],
    [
      spec('vgg', { widths: [4, 4, 4] }),
      [1, 3, 9],
      'the model vgg halves images of 3x9 2 times, until nothing is left: give fewer widths',
    ],
    [spec('spectrogram-cnn'), [1, 40, 64], 'the model spectrogram-cnn needs one width or more'],
    [spec('resnet1d', { widths: [4] }), [1, 8, 8], 'the model resnet1d takes recordings [C,T], not samples [1,8,8]'],
    [spec('resnet1d'), [1, 8], 'the model resnet1d needs one width or more'],
    [spec('cnn', { widths: [4], dropout: 0.1 }), [1, 8, 8], 'the model cnn has no dropout'],
  ])('refuses %o of samples %o', (model, inputShape, message) => {
    expect(() => checkModel(model, inputShape)).toThrow(new ArgumentError(message));
    expect(() => buildModel(model, { inputShape, outputs: 2, activation })).toThrow(new ArgumentError(message));
  });

  it('takes what can be made', () => {
    checkModel(spec('cnn', { widths: [2, 2, 2] }), [1, 9, 8]);
    checkModel(spec('mlp', { widths: [], dropout: 0.5 }), [7]);
    checkModel(spec('resnet18', { order: 'activation-first' }), [3, 1, 1]);
  });
});
