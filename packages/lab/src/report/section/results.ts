import { stoppedLayer } from '@pnn/pnn';
import { colorClass } from '../chart/series.js';
import {
  formatCount,
  formatLoss,
  formatNumber,
  formatPercent,
  formatPoints,
  formatSeconds,
  formatShare,
} from '../format.js';
import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { Report, RunRecord } from '../record.js';
import type { RunSummary } from '../summary.js';
import { isInside, isJudgedByAccuracy, largestShareOutside, referenceRun, summarize } from '../summary.js';
import { runStyle } from './run-style.js';

/** What came out: the accuracy or loss of every run, what deserves attention, and all results in a table. */
export function resultsSection(report: Report): Markup {
  const summaries = summarize(report);
  return markup`<section>
<div class="tiles">
${summaries.map((summary) => tile(report, summary))}</div>
<ul class="findings">
${summaries.flatMap((summary) => findings(summary))}</ul>
${table(report, summaries)}</section>
`;
}

function tile(report: Report, summary: RunSummary): Markup {
  const { run, testAccuracy, interval } = summary;
  return markup`<div class="tile">
<p class="name"><span class="swatch ${colorClass(runStyle(report, run))}"></span>${run.name}</p>
<p class="figure">${figure(summary)}</p>
${testAccuracy === null ? null : markup`<p>of the test examples right</p>\n`}${comparison(report, summary)}${interval === null ? null : markup`<p>95% interval ${formatPercent(interval[0])} to ${formatPercent(interval[1])}</p>\n`}</div>
`;
}

/** The accuracy; the loss of a task that has none. */
function figure({ testAccuracy, testLoss }: RunSummary): Markup {
  if (testAccuracy !== null) return markup`${formatPercent(testAccuracy).replace('%', '')}<small>%</small>`;
  return testLoss === null ? markup`not tested` : markup`${formatLoss(testLoss)}<small> test loss</small>`;
}

function comparison(report: Report, { difference }: RunSummary): Markup | null {
  const reference = referenceRun(report);
  if (reference === null || difference === null) return null;
  return markup`<p><b>${formatPoints(difference)} points</b> against ${reference.name}</p>\n`;
}

function findings({ run, atChance, containment }: RunSummary): Markup[] {
  const guesses = atChance
    ? [bad(markup`<b>${run.name} is at chance</b>: it is right no more often than a guess among the classes`)]
    : [];
  const stopped =
    run.stopped === null
      ? guesses
      : [
          ...guesses,
          bad(
            markup`<b>${run.name} was stopped</b> at step ${formatCount(run.stopped.step)}${
              stoppedLayer(run.stopped) === null ? null : markup` in ${stoppedLayer(run.stopped)}`
            }: ${run.stopped.reason}`,
          ),
        ];
  if (run.layers.length === 0 || containment.data === null) return stopped;
  const measured = run.layers.flatMap((layer, index) => {
    const range = containment.ranges[index] ?? null;
    return range === null ? [] : [{ layer, range, reach: range.maxAbs / layer.bound }];
  });
  const leaving = measured.filter(({ layer, range }) => !isInside(range, layer));
  if (measured.length === 0) return stopped;
  if (leaving.length === 0) {
    const farthest = measured.reduce((a, b) => (b.reach > a.reach ? b : a));
    return [
      ...stopped,
      good(
        markup`${run.name}: on the ${containment.data} data every input of its ${measured.length === 1 ? 'polynomial' : `${formatCount(measured.length)} polynomials`} lies within [−B, B]; the farthest, in <code>${farthest.layer.name}</code>, reaches ${formatNumber(farthest.reach, 3)} B`,
      ),
    ];
  }
  const worst = leaving.reduce((a, b) => (b.reach > a.reach || Number.isNaN(b.reach) ? b : a));
  return [
    ...stopped,
    bad(
      markup`${run.name}: on the ${containment.data} data inputs leave [−B, B] in ${formatCount(leaving.length)} of ${formatCount(measured.length)} polynomials; the farthest, in <code>${worst.layer.name}</code>, reaches ${formatNumber(worst.reach, 3)} B, where ${formatShare(worst.range.shareOutside)} of the inputs lie outside`,
    ),
  ];
}

function good(text: Markup): Markup {
  return markup`<li><b class="good" aria-label="good">✓</b>${text}</li>\n`;
}

function bad(text: Markup): Markup {
  return markup`<li><b class="bad" aria-label="attention">!</b>${text}</li>\n`;
}

interface TableColumn {
  readonly heading: string;
  readonly text: (summary: RunSummary) => string;
}

/** Every result but the name of the run. */
function tableColumns(report: Report): TableColumn[] {
  const reference = referenceRun(report);
  const accuracy: TableColumn[] = [
    { heading: 'test accuracy', text: ({ testAccuracy }) => formatPercent(testAccuracy) },
    {
      heading: 'difference in points',
      text: ({ run, difference }) => (run === reference ? 'reference' : formatPoints(difference)),
    },
  ];
  return [
    ...(isJudgedByAccuracy(report) ? accuracy : []),
    { heading: 'test loss', text: ({ testLoss }) => formatLoss(testLoss) },
    { heading: 'boundary loss, last epoch', text: ({ boundaryLoss }) => formatLoss(boundaryLoss) },
    {
      heading: 'inputs outside [−B,\u00a0B], worst layer',
      text: ({ containment }) => formatShare(largestShareOutside(containment)),
    },
    { heading: 'clipped steps', text: ({ clippedShare }) => formatPercent(clippedShare, 1) },
    { heading: 'parameters', text: ({ run }) => formatCount(run.parameters) },
    { heading: 'epochs', text: ({ run }) => epochsOf(run) },
    { heading: 'time', text: ({ seconds }) => formatSeconds(seconds) },
  ];
}

/** The number of epochs, and the best of them where that is the one that was tested. */
function epochsOf({ epochs, final }: RunRecord): string {
  const best = final !== null && final.epoch !== epochs.length && epochs[final.epoch - 1]?.best;
  return `${formatCount(epochs.length)}${best ? `, best ${formatCount(final.epoch)}` : ''}`;
}

function table(report: Report, summaries: readonly RunSummary[]): Markup {
  const columns = tableColumns(report);
  const rows = summaries.map(
    (summary) => markup`<tr>
<th scope="row">${summary.run.name}</th>
${columns.map(({ text }) => markup`<td>${text(summary)}</td>\n`)}</tr>
`,
  );
  return markup`<div class="scroll" tabindex="0"><table>
<thead><tr><th scope="col">run</th>${columns.map(({ heading }) => markup`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>
${rows}</tbody>
</table></div>
`;
}
