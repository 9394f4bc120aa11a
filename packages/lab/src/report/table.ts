import { stoppedLayer } from '@pnn/pnn';
import {
  formatCount,
  formatFixed,
  formatLoss,
  formatNumber,
  formatPercent,
  formatPoints,
  formatShare,
  NOT_MEASURED,
} from './format.js';
import type { Report, StopRecord } from './record.js';
import type { RunSummary } from './summary.js';
import { isInside, isJudgedByAccuracy, largestShareOutside, summarize } from './summary.js';
import type { Cell, Column, Tone } from './terminal/layout.js';
import { emphasize, layOutTable } from './terminal/layout.js';
import type { TerminalOptions } from './terminal/text.js';
import { DEFAULT_WIDTH, harmless, truncate, wrap } from './terminal/text.js';

const ACCURACY_COLUMNS: readonly Column[] = [
  { heading: ['test', 'accuracy'] },
  { heading: ['points to', 'reference'] },
];

const LOSS_COLUMNS: readonly Column[] = [{ heading: ['test', 'loss'] }];

const RUN_COLUMNS: readonly Column[] = [
  { heading: ['boundary', 'loss'] },
  { heading: ['outside,', 'worst layer'] },
  { heading: ['steps', 'clipped'] },
  { heading: ['time', '[s]'] },
];

const LAYER_COLUMNS: readonly Column[] = [
  { heading: ['layer'] },
  { heading: ['degree'] },
  { heading: ['B'] },
  { heading: ['αB'] },
  { heading: ['0.999', 'quantile'] },
  { heading: ['largest', '|x|'] },
  { heading: ['inputs', 'outside'] },
];

/**
 * The results of a report for a terminal: one table of the runs, one of the polynomial activations of each run, and
 * the runs that were stopped. No line is wider than `width`; ends with a newline.
 */
export function renderSummary(report: Report, options: TerminalOptions = {}): string {
  const { width = DEFAULT_WIDTH } = options;
  const { dataset, title } = report;
  const line = (text: string) => truncate(harmless(text), width);
  const summaries = summarize(report);
  const byAccuracy = isJudgedByAccuracy(report);
  const lines = [
    emphasize(line(title), 'strong', options),
    line(`${dataset.name}, ${formatCount(dataset.test)} test examples`),
    '',
    ...layOutTable(
      [{ heading: ['run'] }, ...(byAccuracy ? ACCURACY_COLUMNS : LOSS_COLUMNS), ...RUN_COLUMNS],
      summaries.map((summary) => runRow(summary, byAccuracy)),
      options,
    ),
    ...summaries.flatMap(({ run }) => (run.stopped === null ? [] : stopLines(run.name, run.stopped, width, options))),
    ...summaries
      .filter(({ atChance }) => atChance)
      .flatMap(({ run }) =>
        badLines(
          `! ${run.name} is at chance: it is right no more often than a guess among the classes`,
          width,
          options,
        ),
      ),
    ...summaries
      .filter(({ run }) => run.layers.length > 0)
      .flatMap((summary) => {
        const { run, containment } = summary;
        const data = containment.data === null ? 'not measured' : `on the ${containment.data} data`;
        return [
          '',
          line(`${run.name}: inputs x of its polynomials, ${data}`),
          ...layOutTable(LAYER_COLUMNS, layerRows(summary), options),
        ];
      }),
  ];
  return `${lines.join('\n')}\n`;
}

function runRow(summary: RunSummary, byAccuracy: boolean): Cell[] {
  const { run, testAccuracy, difference, testLoss, boundaryLoss, clippedShare, seconds, containment } = summary;
  const outside = largestShareOutside(containment);
  const judgment: Cell[] = byAccuracy
    ? [{ text: formatPercent(testAccuracy), tone: 'strong' }, { text: formatPoints(difference) }]
    : [{ text: formatLoss(testLoss), tone: 'strong' }];
  return [
    { text: run.name },
    ...judgment,
    { text: formatLoss(boundaryLoss) },
    { text: outside === 0 ? 'none' : formatShare(outside), ...toneOf(outside === null ? null : outside === 0) },
    { text: formatPercent(clippedShare, 1) },
    { text: seconds === null ? NOT_MEASURED : formatFixed(seconds, 1) },
  ];
}

function layerRows({ run, containment }: RunSummary): Cell[][] {
  return run.layers.map((layer, index) => {
    const range = containment.ranges[index] ?? null;
    const inside = range === null ? null : isInside(range, layer);
    return [
      { text: layer.name },
      { text: formatNumber(layer.degree) },
      { text: formatNumber(layer.bound) },
      { text: formatNumber(layer.alpha * layer.bound) },
      { text: formatNumber(range?.q999 ?? null, 3, true) },
      { text: formatNumber(range?.maxAbs ?? null, 3, true) },
      { text: inside === true ? 'none' : formatShare(range?.shareOutside ?? null), ...toneOf(inside) },
    ];
  });
}

/** Text that may be longer than a line is broken between words. */
function badLines(text: string, width: number, options: TerminalOptions): string[] {
  return wrap(harmless(text), width).map((line) => emphasize(line, 'bad', options));
}

function stopLines(name: string, stop: StopRecord, width: number, options: TerminalOptions): string[] {
  const layer = stoppedLayer(stop);
  const place = layer === null ? '' : ` in ${layer}`;
  return badLines(`! ${name} was stopped at step ${formatCount(stop.step)}${place}: ${stop.reason}`, width, options);
}

function toneOf(isGood: boolean | null): { tone?: Tone } {
  return isGood === null ? {} : { tone: isGood ? 'good' : 'bad' };
}
