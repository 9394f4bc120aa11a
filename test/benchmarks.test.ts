import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scope } from '@pnn/nn';
import { expect, onTestFinished, test } from 'vitest';
import { measure, quantile } from '../benchmarks/measure.js';
import { workloads } from '../benchmarks/workloads/index.js';

const repository = fileURLToPath(new URL('..', import.meta.url));

function bench(...args: string[]) {
  const options = ['--import=tsx', '--conditions=@pnn/source', 'benchmarks/main.ts', ...args];
  return spawnSync(process.execPath, options, { cwd: repository, encoding: 'utf8' });
}

test('quantiles lie between the numbers around them', () => {
  expect(quantile([3], 0.5)).toBe(3);
  expect(quantile([1, 2, 4], 0.5)).toBe(2);
  expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
  expect(quantile([0, 1, 2, 3, 4], 0.25)).toBe(1);
  expect(quantile([0, 10], 0.25)).toBe(2.5);
});

test('measuring warms up, then runs until time and repetitions are enough', () => {
  // Runs take 8, 4, 2, 1, 1, 1, … seconds.
  let clock = 0;
  let calls = 0;
  const run = () => {
    clock += 1000 * Math.max(1, 8 / 2 ** calls++);
  };
  const now = () => clock;
  const measured = measure(run, { warmUpSeconds: 12, seconds: 4, repetitions: 2, now });
  // 8 and 4 warm up, 2, 1 and 1 count.
  expect(calls).toBe(5);
  expect(measured).toEqual({ median: 1, lower: 1, upper: 1.5, minimum: 1, repetitions: 3 });
  expect(measure(run, { warmUpSeconds: 0, seconds: 0, repetitions: 4, now }).repetitions).toBe(4);
});

test('workloads have names of their own and can run', () => {
  expect(new Set(workloads.map(({ name }) => name)).size).toBe(workloads.length);
  for (const { prepare } of workloads.filter(({ name }) => /degree 2|128|training/.test(name))) {
    const { run, dispose } = prepare();
    scope(() => void run());
    dispose();
  }
});

test('a run prints a table and writes the results', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pnn-bench-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'results.json');
  const { status, stdout, stderr } = bench('--quick', '--filter', 'matmul/128', '--json', file);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(/median +spread +repetitions +GFLOP\/s +GB\/s\nmatmul\/128 +[\d.]+ ms +[\d.]+ % +3 +[\d.]+\n/);
  const { version, environment, results } = JSON.parse(readFileSync(file, 'utf8'));
  expect(version).toBe(1);
  expect(environment).toMatchObject({ node: process.version, device: 'wasm', quick: true });
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({ name: 'matmul/128', flops: 2 * 128 ** 3, seconds: { repetitions: 3 } });
  const { minimum, lower, median, upper } = results[0].seconds;
  expect([minimum, lower, median, upper]).toEqual([minimum, lower, median, upper].sort((a, b) => a - b));
  expect(minimum).toBeGreaterThan(0);
});

test.each([
  { args: ['--bogus'], says: "Unknown option '--bogus'" },
  { args: ['matmul'], says: "Unexpected argument 'matmul'" },
  { args: ['--json'], says: "'--json <value>' argument missing" },
  { args: ['--filter', 'no such thing'], says: 'no workload has that in its name' },
  { args: ['--json', '/no/such/folder/results.json'], says: 'the folder does not exist' },
])('a wrong call ends with one sentence and status 2: $args', ({ args, says }) => {
  const { status, stdout, stderr } = bench(...args);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^bench: .*\n$/);
  expect(stderr).toContain(says);
});

test('--help names every option', () => {
  const { status, stdout } = bench('--help');
  expect(status).toBe(0);
  for (const option of ['--filter', '--quick', '--json', '--help']) expect(stdout).toContain(option);
});
