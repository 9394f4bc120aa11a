import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { floorOf, streamSizeOf } from '../benchmarks/floor.js';
import { median, quantile, summarize } from '../benchmarks/measurement.js';
import { help, readOptions, UsageError } from '../benchmarks/options.js';
import { gpuWays } from '../benchmarks/ours/gpu/device.js';
import { peerNames } from '../benchmarks/programs.js';
import type { Report } from '../benchmarks/results.js';
import { workloads } from '../benchmarks/workloads/index.js';

const repository = fileURLToPath(new URL('..', import.meta.url));

function bench(...args: string[]) {
  const options = ['--import=tsx', '--conditions=@pnn/source', 'benchmarks/main.ts', ...args];
  const env = { ...process.env, PNN_PYTHON: '/no/such/python3', CHROMIUM: '/no/such/chromium' };
  return spawnSync(process.execPath, options, { cwd: repository, encoding: 'utf8', env });
}

test('quantiles lie between the numbers around them', () => {
  expect(quantile([3], 0.5)).toBe(3);
  expect(quantile([1, 2, 4], 0.5)).toBe(2);
  expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
  expect(quantile([0, 1, 2, 3, 4], 0.25)).toBe(1);
  expect(quantile([0, 10], 0.25)).toBe(2.5);
});

test('durations are summarized whatever their order', () => {
  expect(summarize([3, 1, 2])).toEqual({ median: 2, lower: 1.5, upper: 2.5, minimum: 1, repetitions: 3 });
  expect(median([10, 2, 3])).toBe(3);
});

test('a floor adds up what limits each pass', () => {
  const bandwidths = new Map([
    [2 ** 20, 1e9],
    [2 ** 24, 5e8],
  ]);
  const passes = [
    { operations: 4e9, bytes: 2 ** 20 },
    { operations: 1, bytes: 2 ** 24 },
  ];
  const floor = floorOf(passes, { peak: 2e9, bandwidths });
  expect(floor.seconds).toBeCloseTo(2 + 2 ** 24 / 5e8, 12);
  expect(floor.limit).toBe('arithmetic');
  expect(floorOf(passes.slice(1), { peak: 2e9, bandwidths }).limit).toBe('bandwidth');
});

test('bandwidth is measured at no less than the size asked for and at most a quarter more', () => {
  const streamSize = (bytes: number) => streamSizeOf({ operations: 0, bytes });
  for (const bytes of [2 ** 15, 40_000, 65_537, 12 * 2 ** 20, 2 ** 28]) {
    expect(streamSize(bytes)).toBeGreaterThanOrEqual(bytes);
    expect(streamSize(bytes)).toBeLessThanOrEqual(1.25 * bytes);
  }
  expect(streamSize(12)).toBe(2 ** 15);
  expect(streamSizeOf({ operations: 0, bytes: 2 ** 25, footprint: 2 ** 24 })).toBe(2 ** 24);
  expect(streamSize(2 ** 32)).toBe(2 ** 28);
});

test('every workload has a name of its own and needs operations and bytes', () => {
  expect(new Set(workloads.map(({ name }) => name)).size).toBe(workloads.length);
  for (const { passes } of workloads) {
    expect(passes.length).toBeGreaterThan(0);
    for (const { operations, bytes } of passes) {
      expect(operations).toBeGreaterThanOrEqual(0);
      expect(bytes).toBeGreaterThan(0);
    }
  }
});

test('operations are those of the formulas', () => {
  const operations = (name: string) => {
    const { passes } = workloads.find((each) => each.name === name)!;
    return passes.reduce((sum, pass) => sum + pass.operations, 0);
  };
  expect(operations('matmul/512')).toBe(2 * 512 ** 3);
  // Degree 4 in the even-odd form has three coefficients of E and one of O: the variable, two steps of Horner, E + x·o/B.
  expect(operations('polynomial/degree 4/even-odd/forward')).toBe(2 ** 20 * (2 + 4 + 2));
  expect(operations('polynomial/degree 4/horner/forward')).toBe(2 ** 20 * (1 + 8));
  const convolution = 'convolution/kernels/3x3 stride 1/32x64x32x32 to 64x32x32';
  expect(operations(`${convolution}/forward and backward`)).toBe(3 * operations(`${convolution}/forward`));
  expect(operations(`${convolution}/forward`)).toBe(2 * 32 * 64 * 32 * 32 * 64 * 9);
});

test('a run prints a table and writes the results, whichever peers are missing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pnn-bench-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'results.json');
  const filter = ['matmul/128', 'degree 2/even-odd/forward and', 'ResNet-20/1x1', 'adamw', 'step/MLP'].join();
  const { status, stdout, stderr } = bench(
    '--quick',
    '--filter',
    filter,
    '--json',
    file,
    '--peers',
    'javascript,numpy',
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^wasm on \d+ cores? of .*, Node v\S+\n\nours \S+ \((128|256)-bit SIMD\), javascript v\S+\n\npolynomial/,
  );
  expect(stdout).toMatch(/\n {2}ours +[\d.]+ [mµ]?s +IQR [\d.]+ % +3 runs +\d+ % of the roofline \(/);
  expect(stdout).toMatch(/\n {2}javascript +[\d.]+ [mµ]?s +IQR [\d.]+ % +3 runs +×[\d.]+ (slower|faster)\n/);
  expect(stdout).toMatch(/\n {2}numpy +– +cannot be started: .*\n/);
  const { version, environment, results } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  expect(version).toBe(2);
  expect(environment).toMatchObject({ node: process.version, device: 'wasm', quick: true });
  expect(environment.versions.javascript).toBe(process.version);
  const missing = { name: 'numpy', absent: expect.stringContaining('cannot be started') };
  for (const { name, threads, seconds, floor, share, peers } of results) {
    // A number for a peer means that it did the same work: results that differ are not measured.
    const javascript = name.startsWith('training step')
      ? { absent: expect.any(String) }
      : { ratio: expect.any(Number) };
    expect(peers).toMatchObject([{ name: 'javascript', ...javascript }, missing]);
    expect(threads).toBe(1);
    const { minimum, lower, median: middle, upper, repetitions } = seconds;
    expect([minimum, lower, middle, upper]).toEqual([minimum, lower, middle, upper].toSorted((a, b) => a - b));
    expect(minimum).toBeGreaterThan(0);
    expect(repetitions).toBe(3);
    expect(floor.peak).toBeGreaterThan(0);
    expect(share).toBeCloseTo(floor.seconds / middle, 12);
  }
  const product = results.find(({ name }) => name === 'matmul/128');
  expect(product).toMatchObject({ operations: 2 * 128 ** 3, bytes: 12 * 128 ** 2 });
  expect(product?.floor.bandwidths).toHaveLength(1);
});

test('this library on the device gpu is a row of parts, and a mode that is missing a line that says why', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pnn-bench-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'results.json');
  const filter = ['matmul/128', 'degree 2/even-odd/forward and', 'step/MLP'].join();
  const { status, stdout, stderr } = bench('--quick', '--filter', filter, '--json', file, '--gpu', 'webgl,webasm');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(/\ngpu-webgl2: missing: there is no \/no\/such\/chromium: .*\n/);
  expect(stdout).toMatch(/\ngpu-webasm: WebAssembly on the processor \(software\)\n/);
  const duration = '[\\d.]+ [mµ]?s';
  const row = `gpu-webasm +${duration} .* 3 runs +×[\\d.]+ (slower|faster), upload ${duration}, readback ${duration}, wait ${duration}, software`;
  expect(stdout).toMatch(new RegExp(`\\n {2}${row}\\n`));
  const { environment, results } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const adapter = { name: 'WebAssembly on the processor', kind: 'software' as const };
  expect(environment.gpu).toMatchObject([
    { name: 'gpu-webgl2', absent: expect.stringContaining('install') },
    { name: 'gpu-webasm', adapter },
  ]);
  expect(results).toHaveLength(3);
  for (const { gpu, seconds } of results) {
    // Figures mean that the results agreed with ours.
    const part = { median: expect.any(Number), repetitions: 3 };
    expect(gpu).toMatchObject([
      { name: 'gpu-webasm', adapter, upload: part, kernel: part, wait: part, readback: part },
    ]);
    const [{ kernel, ratio }] = gpu as unknown as [{ kernel: typeof seconds; ratio: number }];
    expect(kernel.minimum).toBeGreaterThan(0);
    expect(ratio).toBeCloseTo(kernel.median / seconds.median, 12);
  }
});

test.each([
  { args: ['--bogus'], says: "Unknown option '--bogus'" },
  { args: ['matmul'], says: "Unexpected argument 'matmul'" },
  { args: ['--json'], says: "'--json <value>' argument missing" },
  { args: ['--json', '/no/such/folder/results.json'], says: 'the folder does not exist' },
  { args: ['--threads', '1,none'], says: 'numbers of 1 or more' },
  { args: ['--peers', 'fortran'], says: `--peers fortran: there are ${peerNames[0]}, ` },
  { args: ['--gpu', 'abacus'], says: '--gpu abacus: there are wgsl, ' },
  { args: ['--device', 'abacus'], says: 'wasm or reference' },
])('a wrong option is an error of one sentence: $args', ({ args, says }) => {
  expect(() => readOptions(args)).toThrow(UsageError);
  expect(() => readOptions(args)).toThrow(says);
});

test('a wrong call ends with one sentence and status 2', () => {
  const { status, stdout, stderr } = bench('--filter', 'no such thing');
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toBe('bench: --filter no such thing: no workload has that in its name: see --list\n');
});

test('filters, threads, peers and modes are lists; --peers or --gpu alone means all', () => {
  const options = readOptions(['--filter', 'a,b', '--filter', 'c', '--threads', '1,2', '--peers', 'gpu,numpy']);
  expect(options).toMatchObject({ filter: ['a', 'b', 'c'], threads: [1, 2], device: 'wasm', quick: false });
  expect(options.peers).toEqual(['gpu.js-cpu', 'gpu.js-webasm', 'numpy']);
  expect(readOptions(['--peers', '--quick'])).toMatchObject({ peers: peerNames, quick: true });
  expect(readOptions(['--gpu', '--quick', '--peers', 'numpy'])).toMatchObject({ gpu: gpuWays, peers: ['numpy'] });
  expect(readOptions(['--gpu', 'webg,cpu,wgsl']).gpu).toEqual(['wgsl', 'webgl2', 'webgpu', 'cpu']);
  expect(readOptions([])).toMatchObject({ peers: [], gpu: [] });
});

test('--help names every option, --list every workload', () => {
  for (const option of [
    '--filter',
    '--threads',
    '--peers',
    '--gpu',
    '--device',
    '--quick',
    '--json',
    '--list',
    '--help',
  ]) {
    expect(help).toContain(option);
  }
  expect(bench('--list', '--filter', 'matmul').stdout).toBe(
    `matmul/${[128, 256, 512, 1024, 2048].join('\nmatmul/')}\n`,
  );
});
