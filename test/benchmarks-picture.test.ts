import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { drawReport } from '../benchmarks/picture/picture.js';
import { durationText, element, logScale, powersOfTen } from '../benchmarks/picture/svg.js';
import type { PeerResult, Report, Result } from '../benchmarks/results.js';

const repository = fileURLToPath(new URL('..', import.meta.url));

const measured = (median: number) => ({ median, lower: median, upper: median, minimum: median, repetitions: 9 });

function result(name: string, seconds: number, peers: readonly PeerResult[], threads = 1): Result {
  const floor = { seconds: seconds / 2, limit: 'arithmetic', peak: 5e10, bandwidths: [] } as const;
  return { name, threads, operations: 1, bytes: 1, seconds: measured(seconds), floor, share: 0.5, peers, gpu: [] };
}

function peer(name: string, seconds: number, ours: number): PeerResult {
  return { name, seconds: measured(seconds), ratio: seconds / ours };
}

const report: Report = {
  version: 2,
  environment: {
    date: '2026-01-02T03:04:05.000Z',
    node: 'v22.1.0',
    platform: 'linux x64',
    processor: 'Abacus <9000> & sons',
    cores: 2,
    device: 'wasm',
    quick: false,
    versions: { ours: '0.1.0', pytorch: '9.9' },
    remarks: {},
    gpu: [],
  },
  results: [
    ...[2, 22].flatMap((degree) => [
      result(`polynomial/degree ${degree}/even-odd/forward and backward`, 1e-4 * degree, [
        peer('pytorch', 3e-3 * degree, 1e-4 * degree),
        { name: 'numpy', absent: 'not there' },
      ]),
      result(`polynomial/degree ${degree}/horner/forward and backward`, 2e-4 * degree, [
        peer('pytorch', 2e-3 * degree, 2e-4 * degree),
      ]),
    ]),
    result('matmul/1024', 0.04, [peer('pytorch', 0.02, 0.04)]),
    result('matmul/1024', 0.02, [peer('pytorch', 0.01, 0.02)], 2),
  ],
};

test('a report is drawn with the machine, the faster form of each degree, and ratios', () => {
  const svg = drawReport(report);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 960 \d+"/);
  expect(svg).toContain('Abacus &lt;9000&gt; &amp; sons, 2 cores, Node v22.1.0, @pnn 0.1.0 on wasm, 2026-01-02<');
  expect(svg).toContain('>PyTorch 9.9<');
  expect(svg).toContain('on one thread');
  expect(svg).toContain('prefers-color-scheme: dark');
  // Our even-odd form and PyTorch's plain Horner are the faster ones at degree 22.
  expect(svg).toContain('>@pnn  2.2 ms<');
  expect(svg).toContain('>PyTorch  44 ms<');
  expect(svg).toContain('>floor of this machine  1.1 ms<');
  expect(svg).toContain('>Matrix product, 1024, @pnn 40 ms<');
  expect(svg).toContain('>×0.5, 20 ms<');
  expect(svg).not.toContain('NumPy');
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

test('versions go on in another line where one is full', () => {
  const versions = Object.fromEntries(
    ['ours', ...Array.from({ length: 12 }, (_, i) => `library-${i}`)].map((name) => [name, '1.22.333']),
  );
  const svg = drawReport({ ...report, environment: { ...report.environment, versions } });
  const lines = [...svg.matchAll(/>([^<]*library-\d+ 1[^<]*)</g)].map(([, line]) => line!);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join(', ')).toBe(Array.from({ length: 12 }, (_, i) => `library-${i} 1.22.333`).join(', '));
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(140);
});

test('elements are closed in the order in which they were opened', () => {
  const open: string[] = [];
  for (const [, slash, name] of drawReport(report).matchAll(/<(\/?)([a-z]+)/g)) {
    if (slash === '') open.push(name!);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual([]);
});

test('what a report does not have is left out', () => {
  const svg = drawReport({ ...report, results: [result('adamw/1048576', 1e-3, [])] });
  expect(svg).toContain('>AdamW, 2^20 parameters, @pnn 1 ms<');
  expect(svg).not.toContain('degree');
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

test('the script writes the picture, and says what is wrong with a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pnn-picture-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const from = join(folder, 'results.json');
  const to = join(folder, 'picture.svg');
  const draw = (...args: string[]) =>
    spawnSync(process.execPath, ['--import=tsx', 'benchmarks/picture.ts', ...args], {
      cwd: repository,
      encoding: 'utf8',
    });
  writeFileSync(from, JSON.stringify(report));
  expect(draw(from, to)).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(to, 'utf8')).toBe(drawReport(report));
  writeFileSync(from, JSON.stringify({ ...report, version: 1 }));
  expect(draw(from, to)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('has no results of npm run bench'),
  });
  expect(draw()).toMatchObject({ status: 2, stderr: expect.stringContaining('RESULTS.json PICTURE.svg') });
});

test('scales, powers of ten, durations and markup', () => {
  const scale = logScale([1, 100], [0, 10]);
  expect([1, 10, 100].map(scale)).toEqual([0, 5, 10]);
  expect(powersOfTen([0.001, 20])).toEqual([0.001, 0.01, 0.1, 1, 10]);
  expect(powersOfTen([2, 9])).toEqual([]);
  expect([2, 0.0123, 4.5e-5].map(durationText)).toEqual(['2 s', '12 ms', '45 µs']);
  expect(element('g', { x: 1 / 3, class: 'a"b', id: undefined })).toBe('<g x="0.3" class="a&quot;b"></g>');
});
