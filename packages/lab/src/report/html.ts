import { formatCount, formatDate } from './format.js';
import { markup } from './markup.js';
import type { Report } from './record.js';
import { gradientsSection } from './section/gradients.js';
import { layersSection } from './section/layers.js';
import { learningSection } from './section/learning.js';
import { resultsSection } from './section/results.js';
import { samplesSection } from './section/samples.js';
import { settingsSection } from './section/settings.js';
import { STYLE } from './style.js';

/** No script runs and nothing is loaded, whatever a record may contain. */
const SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/**
 * A report as one HTML file: results, learning curves, the inputs and the fit of every polynomial activation,
 * gradients, sample images and settings. It refers to nothing outside itself, needs no script and follows the reader's
 * light or dark preference. All text of the record is escaped.
 */
export function renderReport(report: Report): string {
  const { title, dataset, created, software } = report;
  const classes = dataset.classes.length;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
<p>${dataset.name}: ${formatCount(dataset.train)} training and ${formatCount(dataset.test)} test examples${classes === 0 ? null : markup`, ${formatCount(classes)} classes`}</p>
</header>
${[resultsSection, learningSection, layersSection, gradientsSection, samplesSection, settingsSection].map((section) => section(report))}
<footer><p>Made by ${software}, <time datetime="${created}">${formatDate(created)}</time>. Record format ${String(report.version)}. Losses are means per example${classes === 0 ? null : ' in nats'}.</p></footer>
</main>
</body>
</html>
`.source;
}
