import type { SeriesStyle } from '../chart/series.js';
import { HUES } from '../chart/series.js';
import type { Report, RunRecord } from '../record.js';
import { referenceRun } from '../summary.js';

/** How a run is drawn in every chart: the reference dashed in the neutral color, the others in hues, then dotted. */
export function runStyle(report: Report, run: RunRecord): SeriesStyle {
  const reference = referenceRun(report);
  if (run === reference) return { color: 0, dash: 'dashed' };
  const index = report.runs.filter((other) => other !== reference).indexOf(run);
  return { color: index + 1, dash: index < HUES ? 'solid' : 'dotted' };
}
