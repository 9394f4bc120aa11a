import { noGrad, type Tensor } from '@pnn/nn';

/** What training makes small: a scalar, the mean over the samples of a batch. */
export type Loss = (outputs: Tensor, labels: Tensor) => Tensor;

/** What is counted on the way: a scalar, the sum over the samples of a batch. Gradients do not flow through it. */
export type Metric = (outputs: Tensor, labels: Tensor) => Tensor;

/** Metrics by the names that records give them. */
export type Metrics = Readonly<Record<string, Metric>>;

/**
 * How many rows of the outputs [B,C] have their largest entry at the label [B]. A label that the loss leaves out (`ignoreIndex`)
 * is a row like any other, and none of the classes: count such labels by a metric of your own.
 */
export const accuracy: Metric = (outputs, labels) => noGrad(() => outputs.argmax(1).equal(labels).cast('int32').sum());

/** The accuracy where labels are classes (int32 [B]) and outputs their scores [B,C]; nothing for other tasks. */
export function defaultMetrics(outputs: Tensor, labels: Tensor): Metrics {
  const areClasses = labels.dtype === 'int32' && labels.rank === 1 && outputs.rank === 2;
  return areClasses ? { accuracy } : {};
}

/** Each metric of a batch; those of `defaultMetrics` if none are given. */
export function measure(metrics: Metrics | undefined, outputs: Tensor, labels: Tensor): Record<string, Tensor> {
  const chosen = Object.entries(metrics ?? defaultMetrics(outputs, labels));
  return noGrad(() => Object.fromEntries(chosen.map(([name, metric]) => [name, metric(outputs, labels)])));
}
