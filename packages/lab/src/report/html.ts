import { formatCount } from './format.js';
import { page } from './page.js';
import type { Report } from './record.js';
import { gradientsSection } from './section/gradients.js';
import { layersSection } from './section/layers.js';
import { learningSection } from './section/learning.js';
import { resultsSection } from './section/results.js';
import { samplesSection } from './section/samples.js';
import { settingsSection } from './section/settings.js';

/**
 * A report as one HTML file: results, learning curves, the inputs and the fit of every polynomial activation,
 * gradients, sample images and settings. It refers to nothing outside itself, needs no script and follows the reader's
 * light or dark preference. All text of the record is escaped.
 */
export function renderReport(report: Report): string {
  const { title, dataset, created, software } = report;
  const hasClasses = dataset.classes.length > 0;
  const classes = hasClasses ? `, ${formatCount(dataset.classes.length)} classes` : '';
  const { train, test } = dataset;
  return page(
    {
      title,
      subtitle: `${dataset.name}: ${formatCount(train)} training and ${formatCount(test)} test examples${classes}`,
      created,
      software,
      footer: `Record format ${report.version}. Losses are means per example${hasClasses ? ' in nats' : ''}.`,
    },
    [resultsSection, learningSection, layersSection, gradientsSection, samplesSection, settingsSection].map((section) =>
      section(report),
    ),
  );
}
