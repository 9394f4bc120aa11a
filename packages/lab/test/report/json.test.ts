import { FormatError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReport, stringifyReport } from '../../src/report/json.js';
import { arbitraryReport } from './arbitrary-report.js';
import { exampleReport } from './example-report.js';

/** JSON knows no negative zero. */
function withoutNegativeZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutNegativeZero(item)]));
}

describe('stringifyReport and parseReport', () => {
  it('return every record unchanged, NaN and infinities included', () => {
    fc.assert(
      fc.property(arbitraryReport, (report) => {
        expect(parseReport(stringifyReport(report))).toEqual(withoutNegativeZero(report));
      }),
    );
  });

  it('write JSON that other readers understand', () => {
    const example = exampleReport();
    const run = { ...example.runs[0]!, clipNorm: Number.POSITIVE_INFINITY };
    const plain = JSON.parse(stringifyReport({ ...example, runs: [run] }));
    expect(plain.version).toBe(2);
    expect(plain.runs[0].clipNorm).toBe('Infinity');
    expect(plain.runs[0].epochs[0].epoch).toBe(1);
  });

  it('name the place of what is wrong', () => {
    const broken = (change: (report: ReturnType<typeof JSON.parse>) => void) => {
      const plain = JSON.parse(stringifyReport(exampleReport()));
      change(plain);
      return () => parseReport(JSON.stringify(plain));
    };
    expect(broken((r) => delete r.runs[1].epochs[2].trainLoss)).toThrow(
      new FormatError('parseReport: report.runs[1].epochs[2].trainLoss must be a number, not nothing'),
    );
    expect(broken((r) => (r.version = 3))).toThrow('report.version must be 1 or 2, not 3');
    expect(broken((r) => (r.samples = {}))).toThrow('report.samples must be a list');
    expect(broken((r) => (r.runs[0].role = 'reference'))).toThrow('report.runs[0].role must be "polynomial" or "twin"');
    expect(broken((r) => (r.runs[0].settings.x = null))).toThrow('report.runs[0].settings.x must be a string');
    expect(broken((r) => (r.dataset = null))).toThrow('report.dataset must be an object, not null');
    expect(broken((r) => (r.runs[0].seed = 'nan'))).toThrow(FormatError);
    expect(() => parseReport('{')).toThrow(FormatError);
  });

  it('leave out fields that the format does not know', () => {
    const plain = { ...JSON.parse(stringifyReport(exampleReport())), later: true };
    expect(parseReport(JSON.stringify(plain))).toEqual(exampleReport());
  });
});
