import { fitChart } from '../report/chart/fit.js';
import type { DocumentSection, Remark } from '../report/document.js';
import { formatNumber, formatShare } from '../report/format.js';
import type { InputRange, LayerRecord } from '../report/record.js';
import type { Column } from '../report/terminal/layout.js';

/** From this share of B on, inputs are said to be near the bound. */
export const NEAR = 0.9;

const COLUMNS: readonly Column[] = [
  { heading: ['layer'] },
  { heading: ['degree'] },
  { heading: ['B'] },
  { heading: ['0.999', 'quantile'] },
  { heading: ['largest', '|x|'] },
  { heading: ['of B'] },
  { heading: ['inputs', 'outside'] },
];

function isContained({ maxAbs, shareOutside }: InputRange, bound: number): boolean {
  return maxAbs <= bound && shareOutside === 0;
}

/** Which layers had inputs outside of their range, or near its end. */
export function rangeRemarks(layers: readonly (Pick<LayerRecord, 'name' | 'bound'> & InputRange)[]): Remark[] {
  const outside = layers.filter((layer) => !isContained(layer, layer.bound));
  const near = layers.filter((layer) => isContained(layer, layer.bound) && layer.maxAbs >= NEAR * layer.bound);
  const reach = (layer: (typeof layers)[number]) => `${formatNumber(layer.maxAbs / layer.bound, 3)} B`;
  if (layers.length === 0) return [];
  if (outside.length + near.length === 0) {
    return [{ tone: 'good', text: `no input came nearer to its bound than ${formatNumber(NEAR, 2)} B` }];
  }
  return [
    ...outside.map(
      (layer): Remark => ({
        tone: 'bad',
        text: `${layer.name}: ${formatShare(layer.shareOutside)} of the inputs lie outside [−B, B], up to ${reach(layer)}, where the polynomial runs away from its target`,
      }),
    ),
    ...near.map(
      (layer): Remark => ({
        tone: 'bad',
        text: `${layer.name}: an input reached ${reach(layer)}, near the bound: pnn calibrate gives it more room`,
      }),
    ),
  ];
}

/** The inputs of every polynomial activation. */
export function rangesSection(layers: readonly (LayerRecord & InputRange)[]): DocumentSection {
  return {
    heading: 'Inputs of the polynomials',
    lead: 'A polynomial follows its target on [−B, B] and runs away from it beyond.',
    remarks: rangeRemarks(layers),
    table: {
      columns: COLUMNS,
      rows: layers.map((layer) => [
        { text: layer.name },
        { text: formatNumber(layer.degree) },
        { text: formatNumber(layer.bound) },
        { text: formatNumber(layer.q999, 3, true) },
        { text: formatNumber(layer.maxAbs, 3, true) },
        { text: formatNumber(layer.maxAbs / layer.bound, 3, true) },
        isContained(layer, layer.bound)
          ? { text: 'none', tone: 'good' }
          : { text: formatShare(layer.shareOutside), tone: 'bad' },
      ]),
    },
    charts: layers.map((layer, i) =>
      fitChart({
        id: `layer-${i}`,
        title: layer.name,
        subtitle: `${layer.target}, degree ${layer.degree}, and histogram of x`,
        curve: layer.curve,
        histogram: layer.histogram,
        bound: layer.bound,
        alpha: layer.alpha,
      }),
    ),
  };
}
