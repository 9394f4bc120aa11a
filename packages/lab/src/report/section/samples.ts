import { imageDataUri } from '../chart/image.js';
import { colorClass } from '../chart/series.js';
import { formatCount, formatPercent } from '../format.js';
import type { Markup } from '../markup.js';
import { markup } from '../markup.js';
import type { Report, RunRecord, SampleRecord } from '../record.js';
import { runStyle } from './run-style.js';

/** Test images with the answers of every run. */
export function samplesSection(report: Report): Markup | null {
  if (report.samples.length === 0) return null;
  const scores = report.runs.flatMap((run, index) => {
    const answers = report.samples.flatMap(({ label, predictions }) => {
      const answer = mostProbable(predictions[index] ?? []);
      return answer === null ? [] : [answer === label];
    });
    const right = answers.filter(Boolean).length;
    return answers.length === 0 ? [] : [`${run.name}: ${formatCount(right)} of ${formatCount(answers.length)} right`];
  });
  return markup`<section>
<h2>Sample images</h2>
<p class="lead">From the test data, with the most probable class of every run and its probability. ${scores.join('; ')}.</p>
<ul class="samples">
${report.samples.map((sample) => card(report, sample))}</ul>
</section>
`;
}

/** The index of the largest probability; `null` without a number among them. */
function mostProbable(probabilities: readonly number[]): number | null {
  return probabilities.reduce<number | null>((best, probability, index) => {
    if (Number.isNaN(probability)) return best;
    return best === null || probability > probabilities[best]! ? index : best;
  }, null);
}

function card(report: Report, sample: SampleRecord): Markup {
  const truth = className(report, sample.label);
  return markup`<li class="sample">${picture(sample, truth)}<div>
<p class="truth">${truth}</p>
${report.runs.map((run, index) => guess(report, run, sample, sample.predictions[index] ?? []))}</div></li>
`;
}

function picture(sample: SampleRecord, truth: string): Markup {
  const uri = imageDataUri(sample.image, sample);
  if (uri === null) {
    const { height, width, channels, image } = sample;
    return markup`<div class="missing">no image: ${String(image.length)} values for ${String(height)} × ${String(width)} × ${String(channels)}</div>`;
  }
  return markup`<img src="${uri}" alt="test image of class ${truth}">`;
}

function guess(
  report: Report,
  run: RunRecord,
  { label }: SampleRecord,
  probabilities: readonly number[],
): Markup | null {
  const answer = mostProbable(probabilities);
  if (answer === null) {
    return probabilities.length === 0
      ? null
      : markup`<p class="guess"><span class="who">${run.name}</span><b class="bad">✗ no answer</b>, probabilities are NaN</p>\n`;
  }
  const verdict =
    answer === label
      ? markup`<b class="good">✓ ${className(report, answer)}</b>`
      : markup`<b class="bad">✗ ${className(report, answer)}</b>`;
  const probability = probabilities[answer]!;
  const percent = Math.min(100, Math.max(0, probability * 100));
  return markup`<p class="guess"><span class="who">${run.name}</span>${verdict} ${formatPercent(probability, 1)}<span class="probability ${colorClass(runStyle(report, run))}"><i style="width:${percent}%"></i></span></p>
`;
}

function className({ dataset }: Report, label: number): string {
  return dataset.classes[label] ?? `class ${label}`;
}
