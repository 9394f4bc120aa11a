import { models } from '@pnn/models';
import type { SettingValue } from '../report/record.js';
import type { ExperimentSpec } from './specs.js';

/** The settings as a report shows them, with the steps that the warm-up really takes. */
export function describeSettings({ model, method, training }: ExperimentSpec, warmUpSteps: number) {
  const { epochs, batchSize, accumulate, shards, syncBatchNorm, optimizer, lr, weightDecay, maxNorm, clipping } =
    training;
  const { averageDecay, keepBest, patience } = training;
  const common: Record<string, SettingValue> = {
    model: models.get(model.name).widths ? `${model.name} ${model.widths.join('-')}` : model.name,
    order: model.order,
    epochs,
    'batch size': batchSize,
    ...(accumulate > 1 && { 'batches in a step': accumulate }),
    ...(shards > 1 && { 'shards of a batch': shards }),
    ...(syncBatchNorm && { BatchNorm: 'over all shards' }),
    ...(optimizer !== 'adamw' && { optimizer }),
    'learning rate': lr,
    'weight decay': weightDecay,
    clipping: maxNorm === null ? 'none' : `${clipping}, norm ${maxNorm}`,
    ...(averageDecay !== null && { 'average of the weights': `decay ${averageDecay}` }),
    ...(keepBest && { weights: 'of the epoch that is best on samples held out' }),
    ...(patience !== null && { 'early stopping': `after ${patience} epochs without a better one` }),
  };
  const { target, polynomial } = method;
  if (!polynomial) return { ...common, activation: target };
  const { bound, lambda, penalty } = polynomial;
  const byDensity = bound.kind === 'calibrated' && bound.density;
  return {
    ...common,
    activation: `${target}, degree ${polynomial.degree}, ${byDensity ? 'density' : polynomial.method}`,
    bound:
      bound.kind === 'fixed'
        ? bound.bound
        : `calibrated after ${warmUpSteps} steps: quantile ${bound.quantile} times ${bound.margin}`,
    alpha: polynomial.alpha,
    'outside while training': polynomial.outside,
    penalty: penalty.form === 'max-norm' ? penalty.form : `${penalty.form}, linear beyond ${penalty.cap}`,
    lambda: lambda.kind === 'constant' ? lambda.lambda : `dual ascent from ${lambda.initial}`,
    basis: polynomial.basis,
    learnable: polynomial.learnable,
    ...(polynomial.learnable &&
      training.coefficientRate !== 1 && { 'learning rate of coefficients': `${training.coefficientRate} times` }),
  };
}
