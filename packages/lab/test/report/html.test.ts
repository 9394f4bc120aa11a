import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/html.js';
import type { Report } from '../../src/report/record.js';
import { arbitraryReport } from './arbitrary-report.js';
import { exampleReport, regressionReport } from './example-report.js';
import { geometryOf, parseHtml, unescapeText } from './parse-html.js';

const ATTRIBUTES = new Set(
  `alt aria-hidden aria-label aria-labeledby charset class content d datetime height http-equiv id lang name role scope
  src style tabindex text-anchor viewBox width x x1 x2 y y1 y2`.split(/\s+/),
);

describe('renderReport', () => {
  it('shows the accuracy of every run and the difference to the reference', () => {
    const html = renderReport(exampleReport());
    expect(html).toContain('98.70<small>%</small>');
    expect(html).toContain('98.92<small>%</small>');
    expect(html).toContain('<b>−0.22 points</b> against ReLU twin');
    expect(html).toContain('<b>−0.99 points</b> against ReLU twin');
  });

  it('tells the epoch whose weights were tested where that is the best and not the last', () => {
    const report = exampleReport();
    const [first, ...others] = report.runs;
    const epochs = first!.epochs.map((epoch) => ({ ...epoch, best: epoch.epoch <= 2 }));
    const html = (epoch: number) =>
      renderReport({ ...report, runs: [{ ...first!, epochs, final: { ...first!.final!, epoch } }, ...others] });
    expect(html(2)).toContain(`<td>${epochs.length}, best 2</td>`);
    expect(html(epochs.length)).not.toContain(', best');
  });

  it('has a chart for every subject', () => {
    const titles = [...renderReport(exampleReport()).matchAll(/<figcaption><b>([^<]*)/g)].map(([, title]) => title);
    const counts = Object.fromEntries(
      [...new Set(titles)].map((title) => [title, titles.filter((t) => t === title).length]),
    );
    expect(counts).toEqual({
      'Training loss': 1,
      'Validation loss': 1,
      'Boundary loss': 1,
      'Training accuracy': 1,
      'Validation accuracy': 1,
      'Learning rate': 1,
      'Range of the inputs': 6,
      'Inputs outside [−B, B]': 6,
      'Polynomial and target': 6,
      'Gradient norm': 3,
      'Clipped steps': 1,
    });
  });

  it('names every drawing for readers who cannot see it', () => {
    const html = renderReport(exampleReport());
    const elements = parseHtml(html);
    const drawings = elements.filter(({ name, attributes }) => name === 'svg' && attributes.role === 'img');
    expect(drawings).toHaveLength(28);
    const ids = elements.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { attributes } of drawings) {
      for (const id of attributes['aria-labeledby']!.split(' ')) {
        expect(html).toMatch(new RegExp(`id="${id}">[^<]`));
      }
    }
    expect(elements.filter(({ name }) => name === 'img').every(({ attributes }) => attributes.alt !== '')).toBe(true);
  });

  it('says whether the inputs stay within the range, and marks answers by more than color', () => {
    const html = renderReport(exampleReport());
    expect(html).toMatch(/✓<\/b>polynomial, degree 8: on the test data every input/);
    expect(html).toMatch(/!<\/b>polynomial, degree 4: on the test data inputs leave \[−B, B\] in 1 of 3/);
    expect(html.match(/class="bad">✗/g)).toHaveLength(3);
  });

  it('tells where and why a run stopped', () => {
    const example = exampleReport();
    const reason = 'the polynomial overflowed: |x| = 3.1e+9, B = 6';
    const stopped = { layer: 'stem.activation', kind: 'PolynomialActivation', step: 1234, reason };
    const html = renderReport({ ...example, runs: [{ ...example.runs[0]!, final: null, stopped }] });
    expect(html).toContain(
      'was stopped</b> at step 1,234 in layer stem.activation (PolynomialActivation): the polynomial',
    );
    expect(html).toContain('not tested');
  });

  it('says first that a run is at chance', () => {
    const example = exampleReport();
    const final = { ...example.runs[0]!.final!, testMetrics: { accuracy: 0.1 } };
    expect(renderReport({ ...example, runs: [{ ...example.runs[0]!, final }] })).toContain(
      '<b>polynomial, degree 8 is at chance</b>: it is right no more often than a guess among the classes',
    );
    expect(renderReport(example)).not.toContain('at chance');
  });

  it('draws any metric, and does without an accuracy', () => {
    const example = exampleReport();
    const metrics = { 'mean error': 0.25 };
    const epochs = example.runs[0]!.epochs.map((epoch) => ({
      ...epoch,
      trainMetrics: metrics,
      validationMetrics: metrics,
    }));
    const final = { ...example.runs[0]!.final!, testMetrics: metrics };
    const html = renderReport({ ...example, runs: [{ ...example.runs[0]!, epochs, final }] });
    expect(html).toContain('<small> test loss</small>');
    expect(html).toContain('Training mean error');
    expect(html).toContain('<th scope="col">validation mean error</th>');
    expect(html).not.toContain('Training accuracy');
  });

  it('speaks of losses alone if there are no classes', () => {
    const html = renderReport(regressionReport());
    expect(html).toContain('house prices: 60,000 training and 10,000 test examples</p>');
    expect(html).toContain('0.0635<small> test loss</small>');
    expect(html).toContain('<th scope="col">run</th><th scope="col">test loss</th>');
    expect(html).toContain('Losses are means per example.</p>');
    expect(html).not.toMatch(/accuracy|classes|nats|points|at chance|test examples right|Sample images/);
    expect(renderReport(exampleReport())).toMatch(/, 10 classes<\/p>[\s\S]*Losses are means per example in nats\./);
  });

  it('refers to nothing outside itself and allows no script', () => {
    const html = renderReport(exampleReport());
    const elements = parseHtml(html);
    expect(html.replace(/data:image\/png;base64,[A-Za-z0-9+/=]+/g, '')).not.toMatch(/https?:|\/\/|@import|url\(/);
    expect(elements.filter(({ name }) => ['script', 'link', 'iframe', 'object', 'a', 'base'].includes(name))).toEqual(
      [],
    );
    expect(
      elements.flatMap(({ attributes }) => attributes.src ?? []).every((src) => src.startsWith('data:image/png;')),
    ).toBe(true);
    expect(html).toContain('content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:"');
  });

  it('is the same document whatever its texts say', () => {
    const skeleton = (report: Report) =>
      parseHtml(renderReport(report)).map(({ name, path }) => [...path, name].join('/'));
    const withText = (text: string): Report => {
      const example = exampleReport();
      return {
        ...example,
        title: text,
        software: text,
        created: text,
        dataset: { ...example.dataset, name: text, classes: example.dataset.classes.map((name) => name + text) },
        samples: example.samples.slice(0, 1),
        runs: example.runs.slice(1).map((run) => ({
          ...run,
          name: `${run.role}${text}`,
          epochs: run.epochs.slice(0, 2),
          device: text,
          settings: { [`setting ${text}`]: text },
          layers: run.layers.map((layer) => ({ ...layer, name: text, target: text })),
          stopped: { layer: text, kind: text, step: 1, reason: text },
        })),
      };
    };
    const expected = skeleton(withText('plain'));
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: fc.constantFrom(...'<>&"\'/= -!abo\n') }), fc.string({ unit: 'binary' })),
        (text) => {
          const report = withText(text);
          expect(skeleton(report)).toEqual(expected);
          const title = /<h1>([^<]*)<\/h1>/.exec(renderReport(report))?.[1];
          expect(unescapeText(title ?? '?')).toBe(text.replace(/[^\P{Cc}\n\t]/gu, '\uFFFD'));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('is well formed, with finite coordinates, for any record', () => {
    fc.assert(
      fc.property(arbitraryReport, (report) => {
        const elements = parseHtml(renderReport(report));
        const broken = geometryOf(elements).filter((geometry) => /NaN|Infinity|undefined|null|e[+-]/.test(geometry));
        expect(broken).toEqual([]);
        const unknown = elements
          .flatMap(({ attributes }) => Object.keys(attributes))
          .filter((key) => !ATTRIBUTES.has(key));
        expect(unknown).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('shows what is missing instead of failing', () => {
    const example = exampleReport();
    const html = renderReport({ ...example, runs: example.runs.map((run) => ({ ...run, epochs: [] })) });
    expect(html.match(/nothing was measured<\/text>/g)!.length).toBeGreaterThan(5);
    const [first] = example.samples;
    const broken = { ...first!, image: [1, 2, 3], predictions: [[Number.NaN, Number.NaN]] };
    const withBroken = renderReport({ ...example, samples: [broken] });
    expect(withBroken).toContain('no image: 3 values for 28 × 28 × 1');
    expect(withBroken).toContain('no answer');
  });
});
