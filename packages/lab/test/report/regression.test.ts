import { expect, it } from 'vitest';
import { renderReport, renderSummary } from '../../src/index.js';
import { exampleReport } from './example-report.js';

/** A report of runs that predict numbers: there are no classes, and so no accuracy. */
function regressionReport() {
  const example = exampleReport();
  const runs = example.runs.map((run) => ({
    ...run,
    epochs: run.epochs.map((epoch) => ({ ...epoch, trainMetrics: {}, validationMetrics: {} })),
    final: { ...run.final!, testLoss: 0.4321, testMetrics: {} },
  }));
  return { ...example, dataset: { ...example.dataset, classes: [] }, runs, samples: [] };
}

it('a terminal tells the loss of a test without accuracy', () => {
  const lines = renderSummary(regressionReport(), { width: 100 }).split('\n');
  const row = lines.find((line) => line.startsWith('polynomial, degree 4 '))!;
  expect(row.split(/\s{2,}/).slice(0, 3)).toEqual(['polynomial, degree 4', '0.4321', '2.432·10⁻⁵']);
  expect(lines.join('\n')).not.toContain('accuracy');
});

it('a page speaks of classes and nats only where there are classes', () => {
  const [regression, classification] = [renderReport(regressionReport()), renderReport(exampleReport())];
  expect(regression).not.toMatch(/0 classes|in nats/);
  expect(regression).toContain('Losses are means per example.');
  expect(classification).toMatch(/, 10 classes<\/p>[\s\S]*Losses are means per example in nats\./);
});
