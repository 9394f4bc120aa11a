import { fitChart, largestError, POLYNOMIAL_STYLE, TARGET_STYLE } from '../chart/fit.js';
import { lineChart } from '../chart/line.js';
import type { Series, SeriesStyle } from '../chart/series.js';
import { legend } from '../chart/series.js';
import { formatNumber, formatShare, NOT_MEASURED } from '../format.js';
import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { EpochLayerRecord, InputRange, LayerRecord, Report, RunRecord } from '../record.js';
import type { Containment, RunSummary } from '../summary.js';
import { isInside, summarize } from '../summary.js';

const LARGEST: SeriesStyle & { name: string } = { name: 'largest |x|, training', color: 2, dash: 'dashed' };
const LARGEST_VALIDATION: SeriesStyle & { name: string } = { name: 'largest |x|, validation', color: 2 };
const QUANTILE: SeriesStyle & { name: string } = { name: '0.999 quantile, training', color: 3, dash: 'dashed' };
const QUANTILE_VALIDATION: SeriesStyle & { name: string } = { name: '0.999 quantile, validation', color: 3 };
const OUTSIDE: SeriesStyle & { name: string } = { name: 'outside, training', color: 4, dash: 'dashed' };
const OUTSIDE_VALIDATION: SeriesStyle & { name: string } = { name: 'outside, validation', color: 4 };

/** For every polynomial activation: how far its inputs reach, how many leave its range, and how well it fits there. */
export function layersSection(report: Report): Markup | null {
  const summaries = summarize(report).filter(({ run }) => run.layers.length > 0);
  if (summaries.length === 0) return null;
  return markup`<section>
<h2>Polynomial activations</h2>
<p class="lead">A polynomial follows its target on [−B, B] and runs away from it beyond. The boundary loss, weighted by λ, begins at |x| = αB and keeps the inputs inside.</p>
${summaries.map((summary, index) => runLayers(summary, `run-${index}`, summaries.length > 1))}</section>
`;
}

function runLayers({ run, containment }: RunSummary, id: string, named: boolean): Markup {
  const swatch = markup`<li><svg viewBox="0 0 26 10" aria-hidden="true"><path class="bars" d="M3 10v-4h5v-4h5v-2h5v5h5v5z"/></svg>histogram of the test inputs</li>`;
  return markup`${named ? markup`<h3>${run.name}</h3>\n` : null}${layerTable(run, containment)}
${legend(
  [
    LARGEST,
    LARGEST_VALIDATION,
    QUANTILE,
    QUANTILE_VALIDATION,
    OUTSIDE,
    OUTSIDE_VALIDATION,
    TARGET_STYLE,
    POLYNOMIAL_STYLE,
  ],
  [swatch],
)}${run.layers.map((layer, index) => layerCharts(run, layer, index, `${id}-layer-${index}`))}`;
}

function layerTable(run: RunRecord, { data, ranges }: Containment): Markup {
  const rows = run.layers.map((layer, index) => {
    const range = ranges[index] ?? null;
    const lambda = run.epochs.at(-1)?.layers[index]?.lambda ?? null;
    return markup`<tr>
<th scope="row"><code>${layer.name}</code></th>
<td>${layer.target}</td>
<td>${formatNumber(layer.degree)}</td>
<td>${formatNumber(layer.bound)}</td>
<td>${formatNumber(layer.alpha * layer.bound)}</td>
<td>${formatNumber(range?.q999 ?? null, 3, true)}</td>
<td>${formatNumber(range?.maxAbs ?? null, 3, true)}</td>
<td>${verdict(range, layer)}</td>
<td>${formatNumber(lambda, 3, true)}</td>
<td>${formatNumber(largestError(layer.curve, layer.bound), 3, true)}</td>
</tr>
`;
  });
  const where = data === null ? '' : `, ${data}`;
  return markup`<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">layer</th><th scope="col">target</th><th scope="col">degree</th><th scope="col">B</th><th scope="col">αB</th><th scope="col">0.999 quantile of |x|${where}</th><th scope="col">largest |x|${where}</th><th scope="col">inputs outside [−B,\u00a0B]${where}</th><th scope="col">λ</th><th scope="col">largest error of the fit</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>
`;
}

function verdict(range: InputRange | null, layer: LayerRecord): Markup {
  if (range === null) return markup`${NOT_MEASURED}`;
  return isInside(range, layer)
    ? markup`<b class="good" aria-hidden="true">✓</b> none`
    : markup`<b class="bad" aria-hidden="true">!</b> ${formatShare(range.shareOutside)}`;
}

function layerCharts(run: RunRecord, layer: LayerRecord, index: number, id: string): Markup {
  const seriesOf = (
    style: SeriesStyle & { name: string },
    value: (layer: EpochLayerRecord) => number | null,
  ): Series => ({
    ...style,
    points: run.epochs.map(({ epoch, layers }) => {
      const record = layers[index];
      return { x: epoch, y: record === undefined ? null : value(record) };
    }),
  });
  const common = { xLabel: 'epoch', legend: false };
  return markup`<article class="layer">
<header><h4><code>${layer.name}</code></h4>
<p>${layer.target}, degree ${formatNumber(layer.degree)}, B = ${formatNumber(layer.bound)}, αB = ${formatNumber(layer.alpha * layer.bound)}</p></header>
<div class="charts">
${lineChart({
  ...common,
  id: `${id}-range`,
  title: 'Range of the inputs',
  subtitle: '|x|',
  series: [
    seriesOf(LARGEST, ({ train }) => train.maxAbs),
    seriesOf(LARGEST_VALIDATION, ({ validation }) => validation?.maxAbs ?? null),
    seriesOf(QUANTILE, ({ train }) => train.q999),
    seriesOf(QUANTILE_VALIDATION, ({ validation }) => validation?.q999 ?? null),
  ],
  references: [
    { label: 'B', value: layer.bound },
    ...(layer.alpha < 1 ? [{ label: 'αB', value: layer.alpha * layer.bound }] : []),
  ],
  yInclude: [0],
})}
${lineChart({
  ...common,
  id: `${id}-outside`,
  title: 'Inputs outside [−B, B]',
  subtitle: 'share',
  series: [
    seriesOf(OUTSIDE, ({ train }) => train.shareOutside),
    seriesOf(OUTSIDE_VALIDATION, ({ validation }) => validation?.shareOutside ?? null),
  ],
  yFormat: 'percent',
})}
${fitChart({ id: `${id}-fit`, title: 'Polynomial and target', subtitle: 'and histogram of x', curve: layer.curve, histogram: layer.histogram, bound: layer.bound, alpha: layer.alpha })}
</div>
</article>
`;
}
