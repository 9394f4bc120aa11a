import { expect, it } from 'vitest';
import { renderReport } from '../../src/index.js';
import { exampleReport } from './example-report.js';
import { parseHtml } from './parse-html.js';

it('charts of metrics have ids of their own that can be referred to, whatever metrics are called', () => {
  const example = exampleReport();
  const metrics = { 'mean absolute error': 0.25, loss: 0.5 };
  const runs = example.runs.map((run) => ({
    ...run,
    epochs: run.epochs.map((epoch) => ({ ...epoch, trainMetrics: metrics, validationMetrics: metrics })),
  }));
  const elements = parseHtml(renderReport({ ...example, runs }));
  const ids = elements.flatMap(({ attributes }) => attributes.id ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  const references = elements.flatMap(({ attributes }) => attributes['aria-labelledby']?.split(' ') ?? []);
  for (const reference of references) expect(ids).toContain(reference);
});
