import { FormatError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReport, stringifyReport } from '../../src/report/json.js';
import type { Report } from '../../src/report/record.js';
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

  it('read version 1', () => {
    const example = exampleReport();
    const stopped = { layer: '6', kind: null, step: 3, reason: 'the loss is NaN' };
    const current: Report = { ...example, runs: [{ ...example.runs[0]!, stopped }, ...example.runs.slice(1)] };
    const old = JSON.parse(stringifyReport(current));
    old.version = 1;
    for (const run of old.runs) {
      if (run.role === 'twin') run.role = 'reference';
      for (const epoch of run.epochs) {
        epoch.trainAccuracy = epoch.trainMetrics.accuracy;
        epoch.validationAccuracy = epoch.validationMetrics?.accuracy ?? null;
        delete epoch.trainMetrics;
        delete epoch.validationMetrics;
      }
      if (run.final) run.final.testAccuracy = run.final.testMetrics.accuracy;
      delete run.final?.testMetrics;
      delete run.stopped?.kind;
    }
    expect(parseReport(JSON.stringify(old))).toEqual(current);
    delete old.runs[1].epochs[0].trainAccuracy;
    expect(() => parseReport(JSON.stringify(old))).toThrow(
      new FormatError('parseReport: report.runs[1].epochs[0].trainAccuracy must be a number, not nothing'),
    );
  });

  it('leave out fields that the format does not know', () => {
    const plain = { ...JSON.parse(stringifyReport(exampleReport())), later: true };
    expect(parseReport(JSON.stringify(plain))).toEqual(exampleReport());
  });
});
