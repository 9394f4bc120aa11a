import { lineChart } from '../chart/line.js';
import type { Series } from '../chart/series.js';
import { legend } from '../chart/series.js';
import { formatLoss, formatNumber, formatPercent, formatSeconds, formatShare } from '../format.js';
import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { EpochRecord, Report, RunRecord } from '../record.js';
import { runStyle } from './run-style.js';

/** Loss, accuracy, boundary loss and learning rate of all runs over the epochs. */
export function learningSection(report: Report): Markup {
  const seriesOf = (value: (epoch: EpochRecord) => number | null, runs: readonly RunRecord[] = report.runs): Series[] =>
    runs.map((run) => ({
      name: run.name,
      ...runStyle(report, run),
      points: run.epochs.map((epoch) => ({ x: epoch.epoch, y: value(epoch) })),
    }));
  const epochs = report.runs.flatMap((run) => run.epochs);
  const losses = epochs.flatMap(({ trainLoss, validationLoss }) => [trainLoss, validationLoss ?? trainLoss]);
  const accuracies = epochs.flatMap(({ trainAccuracy, validationAccuracy }) => [
    trainAccuracy,
    validationAccuracy ?? trainAccuracy,
  ]);
  const common = { xLabel: 'epoch', legend: false };
  return markup`<section>
<h2>Learning</h2>
<p class="lead">Training values are means over the steps of an epoch, while the weights still change; validation follows after it.</p>
${legend(report.runs.map((run) => ({ name: run.name, ...runStyle(report, run) })))}<div class="charts">
${lineChart({ ...common, id: 'train-loss', title: 'Training loss', subtitle: 'cross-entropy', series: seriesOf((epoch) => epoch.trainLoss), yInclude: losses })}
${lineChart({ ...common, id: 'validation-loss', title: 'Validation loss', subtitle: 'cross-entropy', series: seriesOf((epoch) => epoch.validationLoss), yInclude: losses })}
${lineChart({
  ...common,
  id: 'boundary-loss',
  title: 'Boundary loss',
  subtitle: 'λ included',
  series: seriesOf(
    (epoch) => epoch.boundaryLoss,
    report.runs.filter((run) => run.role === 'polynomial'),
  ),
})}
${lineChart({ ...common, id: 'train-accuracy', title: 'Training accuracy', series: seriesOf((epoch) => epoch.trainAccuracy), yInclude: accuracies, yFormat: 'percent', yKind: 'linear' })}
${lineChart({ ...common, id: 'validation-accuracy', title: 'Validation accuracy', series: seriesOf((epoch) => epoch.validationAccuracy), yInclude: accuracies, yFormat: 'percent', yKind: 'linear' })}
${lineChart({ ...common, id: 'learning-rate', title: 'Learning rate', series: seriesOf((epoch) => epoch.learningRate), yInclude: [0] })}
</div>
${report.runs.map(epochTable)}</section>
`;
}

function epochTable(run: RunRecord): Markup {
  const rows = run.epochs.map(
    (epoch) =>
      markup`<tr><th scope="row">${String(epoch.epoch)}</th><td>${formatLoss(epoch.trainLoss)}</td><td>${formatLoss(epoch.boundaryLoss)}</td><td>${formatPercent(epoch.trainAccuracy)}</td><td>${formatLoss(epoch.validationLoss)}</td><td>${formatPercent(epoch.validationAccuracy)}</td><td>${formatNumber(epoch.learningRate)}</td><td>${formatNumber(epoch.gradientNorm.median)}</td><td>${formatNumber(epoch.gradientNorm.max)}</td><td>${formatShare(epoch.clippedShare)}</td><td>${formatSeconds(epoch.seconds)}</td></tr>\n`,
  );
  return markup`<details>
<summary>Every epoch of ${run.name}</summary>
<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">epoch</th><th scope="col">training loss</th><th scope="col">boundary loss</th><th scope="col">training accuracy</th><th scope="col">validation loss</th><th scope="col">validation accuracy</th><th scope="col">learning rate</th><th scope="col">gradient norm, median</th><th scope="col">gradient norm, largest</th><th scope="col">clipped steps</th><th scope="col">time</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>
</details>
`;
}
