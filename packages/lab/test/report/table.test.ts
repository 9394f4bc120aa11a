import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderSummary } from '../../src/report/table.js';
import { layOutTable } from '../../src/report/terminal/layout.js';
import { align, displayWidth, harmless, terminalOptions, truncate, wrap } from '../../src/report/terminal/text.js';
import { arbitraryReport } from './arbitrary-report.js';
import { exampleReport, regressionReport } from './example-report.js';

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const ESCAPE = /\u001b\[\d+m/g;

describe('renderSummary', () => {
  it('shows accuracy, difference, boundary loss, inputs outside, clipped steps and seconds', () => {
    const lines = renderSummary(exampleReport(), { width: 100 }).split('\n');
    const row = lines.find((line) => line.startsWith('polynomial, degree 4 '))!;
    expect(row.split(/\s{2,}/)).toEqual([
      'polynomial, degree 4',
      '97.93%',
      '−0.99',
      '2.432·10⁻⁵',
      '0.01%',
      '11.1%',
      '93.4',
    ]);
    expect(lines.find((line) => line.startsWith('block.activation') && line.includes('  4  '))).toContain('7.58');
  });

  it('judges by the loss if there are no classes', () => {
    const lines = renderSummary(regressionReport(), { width: 100 }).split('\n');
    expect(lines[1]).toBe('house prices, 10,000 test examples');
    expect(lines.slice(3, 5)).toEqual([
      '                        test    boundary     outside,    steps  time',
      'run                     loss        loss  worst layer  clipped   [s]',
    ]);
    const row = lines.find((line) => line.startsWith('polynomial, degree 4 '))!;
    expect(row.split(/\s{2,}/)).toEqual(['polynomial, degree 4', '0.0760', '2.432·10⁻⁵', '0.01%', '11.1%', '93.4']);
    expect(lines.join()).not.toMatch(/accuracy|points|chance|NaN/);
  });

  it('says that a run was stopped', () => {
    const example = exampleReport();
    const stopped = { layer: '6', kind: 'PolynomialActivation', step: 12, reason: 'the loss is NaN' };
    const summary = renderSummary({ ...example, runs: [{ ...example.runs[0]!, stopped }] }, { width: 200 });
    expect(summary).toContain(
      '! polynomial, degree 8 was stopped at step 12 in layer 6 (PolynomialActivation): the loss is NaN\n',
    );
  });

  it('says that a run is at chance', () => {
    const example = exampleReport();
    const [run] = example.runs;
    const final = { ...run!.final!, testMetrics: { accuracy: 0.1 } };
    const summary = renderSummary({ ...example, runs: [{ ...run!, final }] }, { width: 200 });
    expect(summary).toContain(
      '! polynomial, degree 8 is at chance: it is right no more often than a guess among the classes\n',
    );
    expect(renderSummary(example)).not.toContain('at chance');
  });

  it('fits any record into any width, without commands to the terminal', () => {
    fc.assert(
      fc.property(arbitraryReport, fc.integer({ min: 1, max: 120 }), (report, width) => {
        const summary = renderSummary(report, { width });
        expect(summary.endsWith('\n')).toBe(true);
        for (const line of summary.slice(0, -1).split('\n')) {
          expect(line).not.toMatch(/\p{Cc}/u);
          expect(displayWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is the same text in color', () => {
    const plain = renderSummary(exampleReport(), { width: 90 });
    const colored = renderSummary(exampleReport(), { width: 90, color: true });
    expect(plain).not.toMatch(ESCAPE);
    expect(colored).toMatch(ESCAPE);
    const trimmed = (summary: string) => summary.replace(ESCAPE, '').replace(/ +$/gm, '');
    expect(trimmed(colored)).toBe(trimmed(plain));
  });
});

describe('layOutTable', () => {
  const columns = [{ heading: ['name'] }, { heading: ['first', 'value'] }, { heading: ['second'] }];

  it('ends every value in the same column as its heading', () => {
    const value = fc.string({ unit: fc.constantFrom(...'0123456789.%−'), minLength: 1, maxLength: 12 });
    const rows = fc.array(fc.tuple(text, value, value), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, (cells) => {
        const lines = layOutTable(
          columns,
          cells.map((row) => row.map((cell) => ({ text: cell }))),
          { width: 200 },
        );
        expect(lines).toHaveLength(3 + cells.length);
        const rule = displayWidth(lines[2]!);
        const widest = Math.max('second'.length, ...cells.map(([, , last]) => last.length));
        for (const [index, line] of lines.slice(3).entries()) {
          expect(displayWidth(line)).toBe(rule);
          const [, middle, last] = cells[index]!;
          expect(line.endsWith(align(last, widest, 'right'))).toBe(true);
          expect(line.slice(0, line.length - widest - 2).endsWith(middle)).toBe(true);
        }
        expect(displayWidth(lines[1]!)).toBe(rule);
      }),
    );
  });

  it('shortens names before it gives up the columns', () => {
    const rows = [[{ text: 'a rather long name of a run' }, { text: '1.00' }, { text: '2.00' }]];
    expect(layOutTable(columns, rows, { width: 28 }).at(-1)).toBe('a rather lon…   1.00    2.00');
    expect(layOutTable(columns, rows, { width: 20 })).toEqual([
      'a rather long name …',
      '  first value  1.00',
      '  second       2.00',
    ]);
  });
});

describe('text in a terminal', () => {
  it('counts cells, not code units', () => {
    expect(['abc', 'é', 'e\u0301', '漢字', '👩‍👩‍👧', '−·⁵', ''].map(displayWidth)).toEqual([3, 1, 1, 4, 2, 3, 0]);
  });

  it('is shortened to the width, as little as possible', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 30 }), (value, width) => {
        const short = truncate(value, width);
        expect(displayWidth(short)).toBeLessThanOrEqual(width);
        if (displayWidth(value) <= width) expect(short).toBe(value);
        else if (width > 0) expect(displayWidth(short)).toBeGreaterThanOrEqual(width - 1);
      }),
    );
  });

  it('is aligned to the width where a mark at its edge joins a space', () => {
    // A vowel sign that follows a letter, and a sign that precedes one.
    for (const [mark, side] of [
      ['\u0CF3', 'right'],
      ['\u0D4E', 'left'],
    ] as const) {
      expect(displayWidth(mark)).toBe(1);
      expect(displayWidth(align(mark, 4, side))).toBe(4);
      expect(align(mark, 4, side)).toHaveLength(5);
    }
  });

  it('is aligned to exactly the width', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('left', 'right'), (value, side) => {
        const safe = harmless(value);
        expect(displayWidth(align(safe, displayWidth(safe) + 3, side))).toBe(displayWidth(safe) + 3);
      }),
    );
  });

  it('is broken between words without losing any', () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom(...'abc'), minLength: 1, maxLength: 8 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(words, fc.integer({ min: 8, max: 30 }), (list, width) => {
        const lines = wrap(list.join(' '), width);
        expect(lines.join(' ')).toBe(list.join(' '));
        expect(lines.every((line) => line.length <= width)).toBe(true);
      }),
    );
  });

  it('has colors on terminals only, and not where they are forbidden', () => {
    const terminal = { write: () => true, isTTY: true, columns: 132 };
    expect(terminalOptions(terminal, {})).toEqual({ width: 132, color: true });
    expect(terminalOptions(terminal, { NO_COLOR: '' }).color).toBe(true);
    expect(terminalOptions(terminal, { NO_COLOR: '1' }).color).toBe(false);
    expect(terminalOptions(terminal, { TERM: 'dumb' }).color).toBe(false);
    expect(terminalOptions({ write: () => true }, {})).toEqual({ width: 80, color: false });
    expect(terminalOptions({ ...terminal, columns: 0 }, {}).width).toBe(80);
  });
});
