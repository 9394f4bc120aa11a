import { lineChart } from '../chart/line.js';
import type { Series } from '../chart/series.js';
import { legend } from '../chart/series.js';
import { formatLoss, formatNumber, formatPercent, formatSeconds, formatShare } from '../format.js';
import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { EpochRecord, Report, RunRecord } from '../record.js';
import { runStyle } from './run-style.js';

/** Loss, metrics, boundary loss and learning rate of all runs over the epochs. */
export function learningSection(report: Report): Markup {
  const seriesOf = (value: (epoch: EpochRecord) => number | null, runs: readonly RunRecord[] = report.runs): Series[] =>
    runs.map((run) => ({
      name: run.name,
      ...runStyle(report, run),
      points: run.epochs.map((epoch) => ({ x: epoch.epoch, y: value(epoch) })),
    }));
  const epochs = report.runs.flatMap((run) => run.epochs);
  const losses = epochs.flatMap(({ trainLoss, validationLoss }) => [trainLoss, validationLoss ?? trainLoss]);
  const common = { xLabel: 'epoch', legend: false };
  const metricCharts = metricNames(report.runs).flatMap((name, index) => {
    const values = epochs.flatMap(({ trainMetrics, validationMetrics }) => [
      trainMetrics[name] ?? null,
      validationMetrics?.[name] ?? null,
    ]);
    const scale = {
      ...common,
      yInclude: values.filter((value) => value !== null),
      ...(name === 'accuracy' && { yFormat: 'percent' as const, yKind: 'linear' as const }),
    };
    return [
      lineChart({
        ...scale,
        id: `train-metric-${index}`,
        title: `Training ${name}`,
        series: seriesOf((epoch) => epoch.trainMetrics[name] ?? null),
      }),
      lineChart({
        ...scale,
        id: `validation-metric-${index}`,
        title: `Validation ${name}`,
        series: seriesOf((epoch) => epoch.validationMetrics?.[name] ?? null),
      }),
    ].map((chart) => markup`${chart}\n`);
  });
  return markup`<section>
<h2>Learning</h2>
<p class="lead">Training values are means over the samples of an epoch, while the weights still change; validation follows after it.</p>
${legend(report.runs.map((run) => ({ name: run.name, ...runStyle(report, run) })))}<div class="charts">
${lineChart({ ...common, id: 'train-loss', title: 'Training loss', series: seriesOf((epoch) => epoch.trainLoss), yInclude: losses })}
${lineChart({ ...common, id: 'validation-loss', title: 'Validation loss', series: seriesOf((epoch) => epoch.validationLoss), yInclude: losses })}
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
${metricCharts}${lineChart({ ...common, id: 'learning-rate', title: 'Learning rate', series: seriesOf((epoch) => epoch.learningRate), yInclude: [0] })}
</div>
${report.runs.map(epochTable)}</section>
`;
}

/** The metrics of any epoch, in the order in which they first occur. */
function metricNames(runs: readonly RunRecord[]): string[] {
  const records = runs.flatMap(({ epochs }) =>
    epochs.flatMap(({ trainMetrics, validationMetrics }) => [trainMetrics, validationMetrics ?? {}]),
  );
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

function formatMetric(name: string, metrics: EpochRecord['validationMetrics']): string {
  const value = metrics?.[name] ?? null;
  return name === 'accuracy' ? formatPercent(value) : formatNumber(value);
}

function epochTable(run: RunRecord): Markup {
  const names = metricNames([run]);
  const headings = (data: string) => names.map((name) => markup`<th scope="col">${data} ${name}</th>`);
  const cells = (metrics: EpochRecord['validationMetrics']) =>
    names.map((name) => markup`<td>${formatMetric(name, metrics)}</td>`);
  const rows = run.epochs.map(
    (epoch) =>
      markup`<tr><th scope="row">${String(epoch.epoch)}</th><td>${formatLoss(epoch.trainLoss)}</td><td>${formatLoss(epoch.boundaryLoss)}</td>${cells(epoch.trainMetrics)}<td>${formatLoss(epoch.validationLoss)}</td>${cells(epoch.validationMetrics)}<td>${formatNumber(epoch.learningRate)}</td><td>${formatNumber(epoch.gradientNorm.median)}</td><td>${formatNumber(epoch.gradientNorm.max)}</td><td>${formatShare(epoch.clippedShare)}</td><td>${formatSeconds(epoch.seconds)}</td></tr>\n`,
  );
  return markup`<details>
<summary>Every epoch of ${run.name}</summary>
<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">epoch</th><th scope="col">training loss</th><th scope="col">boundary loss</th>${headings('training')}<th scope="col">validation loss</th>${headings('validation')}<th scope="col">learning rate</th><th scope="col">gradient norm, median</th><th scope="col">gradient norm, largest</th><th scope="col">clipped steps</th><th scope="col">time</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>
</details>
`;
}
