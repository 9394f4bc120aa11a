import { ArgumentError, type Module, Registry, type Shape } from '@pnn/nn';
import type { ActivationFactory } from './activation-order.js';
import { cnnModel } from './cnn.js';
import { lenetModel } from './lenet.js';
import { mlpModel } from './mlp.js';
import type { ModelEntry, ModelSpec } from './model-spec.js';
import { resnet8Model, resnet18Model, resnet20Model } from './resnet.js';
import { resnet1dModel } from './resnet1d.js';
import { spectrogramCnnModel } from './spectrogram-cnn.js';
import { vggModel } from './vgg.js';

/** The models that can be chosen by name. `models.register(entry)` adds one of your own. */
export const models = new Registry<ModelEntry>('model', [
  cnnModel,
  mlpModel,
  resnet8Model,
  resnet20Model,
  resnet18Model,
  lenetModel,
  vggModel,
  resnet1dModel,
  spectrogramCnnModel,
]);

/**
 * Checks that there is such a network, without making it.
 *
 * @throws ArgumentError if the model is unknown, does not take such samples or has no such setting
 */
export function checkModel({ name, widths, dropout }: ModelSpec, inputShape: Shape): void {
  const model = models.get(name);
  const refusal = model.refuses?.(inputShape, widths);
  if (refusal !== undefined) throw new ArgumentError(`the model ${name} ${refusal}`);
  if (!model.widths && widths.length > 0) throw new ArgumentError(`the model ${name} has no widths to choose`);
  if (!model.dropout && dropout > 0) throw new ArgumentError(`the model ${name} has no dropout`);
}

/**
 * The network of a spec, with fresh parameters.
 *
 * @param inputShape the shape of one sample
 * @param outputs numbers that come out of a sample, such as one for each class
 * @throws ArgumentError if the model is unknown, does not take such samples or has no such setting
 */
export function buildModel(
  spec: ModelSpec,
  options: { readonly inputShape: Shape; readonly outputs: number; readonly activation: ActivationFactory },
): Module {
  checkModel(spec, options.inputShape);
  const { name, widths, order, dropout } = spec;
  return models.get(name).make({ ...options, widths, order, dropout });
}
