import { lineChart } from '../chart/line.js';
import { legend } from '../chart/series.js';
import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { Report } from '../record.js';
import { runStyle } from './run-style.js';

/** The norm of the gradients before clipping, and how often they were clipped. */
export function gradientsSection(report: Report): Markup {
  const all = report.runs.flatMap(({ epochs }) => epochs.flatMap(({ gradientNorm }) => Object.values(gradientNorm)));
  const norms = report.runs.map((run, index) =>
    lineChart({
      id: `gradient-norm-${index}`,
      title: 'Gradient norm',
      subtitle: run.name,
      xLabel: 'epoch',
      legend: false,
      series: [
        {
          name: 'largest',
          color: 2,
          dash: 'dashed',
          points: run.epochs.map(({ epoch, gradientNorm }) => ({ x: epoch, y: gradientNorm.max })),
        },
        {
          name: 'median',
          color: 1,
          points: run.epochs.map(({ epoch, gradientNorm }) => ({ x: epoch, y: gradientNorm.median })),
        },
      ],
      yInclude: all,
      references: run.clipNorm === null ? [] : [{ label: 'limit', value: run.clipNorm }],
    }),
  );
  return markup`<section>
<h2>Gradients</h2>
<p class="lead">The norm over the steps of an epoch before clipping, and the share of the steps in which it exceeded the limit and was clipped to it.</p>
${legend([
  { name: 'largest norm', color: 2, dash: 'dashed' },
  { name: 'median norm', color: 1 },
])}<div class="charts">
${norms}
${lineChart({
  id: 'clipped',
  title: 'Clipped steps',
  subtitle: 'share of the steps',
  xLabel: 'epoch',
  yFormat: 'percent',
  yKind: 'linear',
  yInclude: [0],
  legend: true,
  series: report.runs
    .filter((run) => run.clipNorm !== null)
    .map((run) => ({
      name: run.name,
      ...runStyle(report, run),
      points: run.epochs.map(({ epoch, clippedShare }) => ({ x: epoch, y: clippedShare })),
    })),
})}
</div>
</section>
`;
}
