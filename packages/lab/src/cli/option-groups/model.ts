import { datasets } from '@pnn/data';
import { checkModel, type ModelSpec, models, normalizationOrders } from '@pnn/models';
import { ArgumentError } from '@pnn/nn';
import { DEFAULT_MODEL, modelNamed } from '../../experiment/specs.js';
import type { OptionSpecs, Options } from '../options.js';
import { ownName } from '../own-modules.js';
import { defaultByDataset } from './data.js';
import { presetFrom } from './method.js';

/** The network. */
export function modelOptions(): OptionSpecs {
  const withWidths = models.entries().flatMap(({ name, widths }) => {
    if (!widths) return [];
    return [`${name} (${defaultByDataset(widths.join(','), (entry) => entry.widths?.[name]?.join(','))})`];
  });
  const withDropout = models.entries().flatMap(({ name, dropout }) => (dropout ? [name] : []));
  const defaultModel = defaultByDataset(DEFAULT_MODEL, ({ model }) => model);
  return {
    model: {
      value: 'NAME|FILE',
      description: `${models.names().join(', ')}, or a module that exports a model (${defaultModel})`,
    },
    widths: { value: 'N,N,…', description: `filters or hidden widths of ${withWidths.join(', ')}` },
    order: { value: 'NAME', description: `${normalizationOrders[0]} (default) or ${normalizationOrders[1]}` },
    dropout: { value: 'P', description: `probability of dropping a feature of ${withDropout.join(', ')} (default 0)` },
  };
}

function widthsFrom(options: Options, model: string): readonly number[] | undefined {
  const text = options.text('widths');
  if (text === undefined) return undefined;
  if (!models.get(model).widths) {
    const withWidths = models.entries().filter(({ widths }) => widths);
    options.refuse(`--widths goes with --model ${withWidths.map(({ name }) => name).join(' or ')}, not ${model}`);
  }
  const widths = text.split(',').map(Number);
  if (!widths.every((width) => Number.isSafeInteger(width) && width > 0)) {
    options.refuse(`--widths ${text} is not a list of positive integers like 16,32`);
  }
  return widths;
}

function dropoutFrom(options: Options, model: string, dataset: string): number {
  const dropout = options.number('dropout', 'a number from 0 to below 1', (p) => p >= 0 && p < 1);
  const { dropout: hasDropout } = models.get(model);
  if (dropout && !hasDropout) {
    const withDropout = models.entries().filter((entry) => entry.dropout);
    options.refuse(`--dropout goes with --model ${withDropout.map(({ name }) => name).join(' or ')}, not ${model}`);
  }
  return dropout ?? (hasDropout ? (presetFrom(options, dataset)?.dropout ?? 0) : 0);
}

/**
 * The model that the options name.
 *
 * @throws UsageError if a value is out of its range, or the model does not take the samples of the data set
 */
export function modelSpecFrom(options: Options, dataset: string): ModelSpec {
  const { inputShape, widths, model: suited } = datasets.get(dataset);
  const name = ownName(options, 'model', models) ?? suited ?? DEFAULT_MODEL;
  const model = modelNamed(name, widthsFrom(options, name) ?? widths?.[name]);
  const order = options.choice('order', normalizationOrders) ?? model.order;
  const spec = { ...model, order, dropout: dropoutFrom(options, name, dataset) };
  try {
    if (inputShape) checkModel(spec, inputShape);
  } catch (error) {
    if (error instanceof ArgumentError) options.refuse(error.message);
    throw error;
  }
  return spec;
}
