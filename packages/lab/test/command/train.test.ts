import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeIdx } from '@pnn/data';
import { loadNetwork } from '@pnn/models/node';
import { ArgumentError, getDevice, getThreads, MemoryError, PnnError, setDevice, setThreads } from '@pnn/nn';
import { FileError } from '@pnn/nn/node';
import { loadCheckpoint, saveCheckpoint } from '@pnn/pnn/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { withoutTimes } from '../../../pnn/test/training/toy.js';
import { runCommand } from '../../src/cli/command.js';
import { train } from '../../src/commands/train.js';
import { parseReport } from '../../src/index.js';
import { FakeTerminal } from '../report/fake-terminal.js';
import { interruptedPnn, pnn } from './call.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pnn-command-'));
});
afterAll(() => rm(folder, { recursive: true }));

const tiny = '--train-samples 64 --test-samples 32 --widths 2,4 --batch-size 32'.split(' ');
const files = ['polynomial.safetensors', 'report.html', 'report.json', 'twin.safetensors'];

const reportIn = async (path: string) => parseReport(await readFile(join(path, 'report.json'), 'utf8'));

describe('pnn train', () => {
  it('trains both networks, prints a table and leaves models and report', async () => {
    const out = join(folder, 'new', 'run');
    const { status, stdout, stderr } = await pnn('train', ...tiny, '--epochs', '1', '--out', out);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect((await readdir(out)).sort()).toEqual(files);

    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^polynomial, degree 8: warm-up done, bounds B calibrated to [\d.]+, [\d.]+$/);
    expect(lines[1]).toMatch(
      /^polynomial, degree 8: epoch 1\/1 {2}loss \d\.\d{4} {2}test \d+\.\d\d% {2}boundary loss .* largest \|x\| \d\.\d\d B {2}outside /,
    );
    expect(lines[2]).toMatch(/^relu twin: epoch 1\/1 {2}loss \d\.\d{4} {2}test \d+\.\d\d% {2}clipped /);
    expect(stdout).toMatch(/\nrun +accuracy +reference/);
    expect(stdout.trimEnd().split('\n').slice(-3)).toEqual([
      `Report: ${join(out, 'report.html')}`,
      `Model:  ${join(out, 'polynomial.safetensors')}`,
      `Model:  ${join(out, 'twin.safetensors')}`,
    ]);
    // It is no terminal: nothing but lines of text.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is about them
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/u);

    const report = await reportIn(out);
    expect(report.runs.map(({ name, role, stopped }) => ({ name, role, stopped }))).toEqual([
      { name: 'polynomial, degree 8', role: 'polynomial', stopped: null },
      { name: 'relu twin', role: 'twin', stopped: null },
    ]);
    expect(report.dataset).toMatchObject({ name: 'digits', train: 64, test: 32 });
    expect(report.samples).toHaveLength(24);
    expect(await readFile(join(out, 'report.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\s*$/i);
    for (const name of ['polynomial', 'twin']) {
      const { description } = await loadNetwork(join(out, `${name}.safetensors`));
      expect(description.activations).toHaveLength(name === 'twin' ? 0 : 2);
    }
  });

  it('ends with the best epoch when none is better, judged by samples held out', async () => {
    const out = join(folder, 'best');
    const asked =
      '--epochs 30 --keep-best --early-stopping 1 --ema 0.5 --accumulate 2 --optimizer sgd --lr 0.5 --no-twin';
    const { status, stdout } = await pnn('train', ...tiny, ...asked.split(' '), '--out', out);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^polynomial, degree 8: epoch 1\/30 {2}loss \S+ {2}held out \d+\.\d\d% {2}/m);
    const [run] = (await reportIn(out)).runs;
    const best = run!.epochs.findLast((epoch) => epoch.best)!.epoch;
    expect(run!.epochs.length).toBe(best + 1);
    expect(run!.final!.epoch).toBe(best);
    expect(stdout).toContain('\npolynomial, degree 8: no better epoch in the last 1: the training ends\n');
    expect(stdout).toContain(`\npolynomial, degree 8: the weights are those of epoch ${best}, the best\n`);
    expect(await readdir(out)).not.toContain('checkpoint.safetensors');
  });

  it('draws its progress on a terminal, and leaves only whole lines there', async () => {
    const terminal = new FakeTerminal(100);
    const out = join(folder, 'terminal');
    expect(await runCommand(train, [...tiny, '--epochs', '2', '--no-twin', '--out', out], terminal)).toBe(0);
    expect(terminal.writes.join('')).toContain('━');
    expect(terminal.screen.filter((line) => line.includes('━'))).toEqual([]);
    expect(terminal.screen.filter((line) => line.startsWith('polynomial, degree 8: epoch'))).toHaveLength(2);
    expect(await readdir(out)).not.toContain('twin.safetensors');
  });

  it('says where a training diverged, and reports it all the same', async () => {
    const terminal = new FakeTerminal(200);
    const out = join(folder, 'diverged');
    const wild = '--degree 22 --bound 1 --outside polynomial --lambda 0 --lr 1000 --max-norm none --no-twin'.split(' ');
    expect(
      await runCommand(
        train,
        [...tiny, ...wild, '--epochs', '3', '--order', 'activation-first', '--out', out],
        terminal,
      ),
    ).toBe(0);
    const line = terminal.screen.find((text) => text.includes('stopped at step'));
    expect(line).toMatch(/^polynomial, degree 22: stopped at step \d+( in layer \S+ \(PolynomialActivation\))?: \S/);
    const [run] = (await reportIn(out)).runs;
    expect(line).toContain(run!.stopped!.reason);
    const { network } = await loadNetwork(join(out, 'polynomial.safetensors'));
    for (const [name, values] of network.stateDict()) {
      expect(values.dataSync().every(Number.isFinite), name).toBe(true);
    }
  });
});

/** Runs the command in this process and sends it a signal as soon as it has printed the text. */
async function interruptedAfter(
  text: string,
  args: readonly string[],
  signal: NodeJS.Signals = 'SIGINT',
): Promise<{ status: number; printed: string }> {
  let printed = '';
  const status = await runCommand(train, args, {
    write(part) {
      const before = printed.includes(text);
      printed += part;
      // The listener that came last is the command's; the others belong to whoever runs the tests.
      if (!before && printed.includes(text)) process.listeners(signal).at(-1)!(signal);
    },
  });
  return { status, printed };
}

describe('pnn train among several processes', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });
  const unheard = { write: () => {} };

  it.each([
    ['OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_RANK'],
    ['PMI_SIZE', 'PMI_RANK'],
    ['SLURM_STEP_NUM_TASKS', 'SLURM_PROCID'],
  ])('refuses to be one of them without --mpi: %s', async (size, rank) => {
    vi.stubEnv(size, '2');
    vi.stubEnv(rank, '0');
    await expect(runCommand(train, tiny, unheard)).rejects.toThrow(
      'pnn train: 2 processes were started, each of which would write the same files: train one network together by --mpi, ' +
        'or start one: see pnn train --help',
    );
    vi.stubEnv(size, '1');
    const out = join(folder, `one-${size}`);
    expect(await runCommand(train, [...tiny, '--epochs', '1', '--no-twin', '--out', out], unheard)).toBe(0);
  });

  it('cuts batches into shards in one process, too, equal ones only', async () => {
    const out = join(folder, 'shards');
    const args = [...tiny, '--epochs', '1', '--no-twin', '--shards', '4', '--out', out];
    expect(await runCommand(train, args, unheard)).toBe(0);
    expect((await reportIn(out)).runs[0]!.settings['shards of a batch']).toBe(4);
    expect(
      await runCommand(train, [...args.slice(0, -1), join(folder, 'synchronized'), '--sync-batch-norm'], unheard),
    ).toBe(0);
    await expect(runCommand(train, [...args, '--batch-size', '10'], unheard)).rejects.toThrow(
      'training: 4 shards do not divide a batch of 10 equally',
    );
    await expect(runCommand(train, [...args, '--train-samples', '20'], unheard)).rejects.toThrow(
      'training: 20 samples do not fill a batch of 32, which is to be cut into 4 shards: take smaller batches',
    );
  });
});

describe('pnn train, interrupted,', () => {
  const settings = [...tiny, '--epochs', '8', '--dropout', '0.1', '--model', 'mlp', '--lambda', 'dual', '--seed', '5'];
  const unheard = { write: () => {} };
  const networksIn = (path: string) =>
    Promise.all(['polynomial', 'twin'].map((name) => readFile(join(path, `${name}.safetensors`))));
  let whole: unknown;
  let networks: Buffer[];
  beforeAll(async () => {
    const out = join(folder, 'whole');
    expect(await runCommand(train, [...settings, '--out', out], unheard)).toBe(0);
    whole = withoutTimes(await reportIn(out));
    networks = await networksIn(out);
  });

  it.each<[string, string, number, NodeJS.Signals, number]>([
    ['in its first epoch', 'epoch 1/8', 0, 'SIGINT', 130],
    ['at the end of the warm-up', 'warm-up done', 0, 'SIGTERM', 143],
    ['in the middle', 'polynomial, degree 8: epoch 5/8', 0, 'SIGHUP', 129],
    ['between the networks', 'polynomial, degree 8: epoch 8/8', 1, 'SIGINT', 130],
    ['while the twin trains', 'relu twin: epoch 2/8', 1, 'SIGTERM', 143],
  ])('%s, leaves a checkpoint that leads to the same bits', async (place, text, finished, signal, expected) => {
    const out = join(folder, place);
    const listeners = process.listenerCount(signal);
    const { status, printed } = await interruptedAfter(text, [...settings, '--out', out], signal);
    expect(status).toBe(expected);
    const path = join(out, 'checkpoint.safetensors');
    expect(printed.trimEnd().split('\n').at(-1)).toBe(`Interrupted. Go on with: npx pnn train --resume '${path}'`);
    expect((await readdir(out)).sort()).toEqual(
      finished === 0 ? ['checkpoint.safetensors'] : ['checkpoint.safetensors', 'polynomial.safetensors'],
    );
    const { state } = await loadCheckpoint(path);
    expect(state.settings).toMatchObject({ finished: { length: finished } });
    expect(process.listenerCount(signal)).toBe(listeners);

    expect(await runCommand(train, ['--resume', path], unheard)).toBe(0);
    expect((await readdir(out)).sort()).toEqual(files);
    expect(withoutTimes(await reportIn(out))).toEqual(whole);
    expect(await networksIn(out)).toEqual(networks);
  });

  it('goes on by the same command with --resume-if-exists, and with no other options', async () => {
    const out = join(folder, 'restarted');
    const args = [...settings, '--resume-if-exists', '--out', out];
    const { status } = await interruptedAfter('polynomial, degree 8: epoch 2/8', args, 'SIGUSR2');
    expect(status).toBe(140);
    const path = join(out, 'checkpoint.safetensors');
    await expect(runCommand(train, [...args, '--lr', '0.5'], unheard)).rejects.toThrow(
      `${path} is the checkpoint of a training with other options: go on with it by npx pnn train --resume '${path}', or ` +
        'choose another folder',
    );
    let printed = '';
    const heard = {
      write(part: string) {
        printed += part;
      },
    };
    expect(await runCommand(train, args, heard)).toBe(0);
    expect(printed).toMatch(/^polynomial, degree 8: epoch 3\/8/m);
    expect(printed).not.toContain('polynomial, degree 8: epoch 2/8');
    expect(withoutTimes(await reportIn(out))).toEqual(whole);
    expect(await networksIn(out)).toEqual(networks);
  });

  it('has checkpoints within an epoch with --checkpoint-every', async () => {
    const out = join(folder, 'often');
    const path = join(out, 'checkpoint.safetensors');
    const steps: number[] = [];
    await runCommand(
      train,
      [...settings, '--no-twin', '--epochs', '1', '--batch-size', '8', '--checkpoint-every', '1', '--out', out],
      {
        write(part: string) {
          // The first text is that of the calibration, before the third step ends.
          if (part.includes('warm-up done')) steps.push(existsSync(path) ? 1 : 0);
        },
      },
    );
    expect(steps).toEqual([1]);
  });

  it('writes where its checkpoint lies now, and quotes its path for a shell', async () => {
    const out = join(folder, "it's here");
    const { printed } = await interruptedAfter('epoch 3/8', [...settings, '--out', out]);
    expect(printed).toContain(`--resume '${join(folder, "it'\\''s here", 'checkpoint.safetensors')}'\n`);
    const moved = join(folder, 'moved');
    await rename(out, moved);
    expect(await runCommand(train, ['--resume', join(moved, 'checkpoint.safetensors')], unheard)).toBe(0);
    expect((await readdir(moved)).sort()).toEqual(files);
    expect(withoutTimes(await reportIn(moved))).toEqual(whole);
    await expect(stat(out)).rejects.toThrow('ENOENT');
  });

  it('is not overwritten by another training', async () => {
    const out = join(folder, 'unfinished');
    await interruptedAfter('epoch 1/8', [...settings, '--out', out]);
    const path = join(out, 'checkpoint.safetensors');
    const checkpoint = await readFile(path);
    const copy = join(out, 'copy.safetensors');
    await writeFile(copy, checkpoint);
    const message = `${path} is the checkpoint of an unfinished training: go on with it by npx pnn train --resume '${path}', or choose another folder`;
    for (const call of [
      [...settings, '--out', out],
      ['--resume', copy],
    ]) {
      await expect(runCommand(train, call, unheard)).rejects.toThrow(new FileError(message));
    }
    expect(await readFile(path)).toEqual(checkpoint);
    // A checkpoint of another name can be gone on from, and stays.
    await rm(path);
    expect(await runCommand(train, ['--resume', copy], unheard)).toBe(0);
    expect((await readdir(out)).sort()).toEqual(['copy.safetensors', ...files]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('hears %s while it computes, and goes on in another process', async (signal, status) => {
    const out = join(folder, signal);
    const endless = [...tiny, '--no-twin', '--epochs', '100000', '--out', out];
    const interrupted = await interruptedPnn(['train', ...endless], { after: 'epoch 2/100000', signal });
    expect(interrupted).toMatchObject({ status, stderr: '' });
    const path = join(out, 'checkpoint.safetensors');
    const again = await interruptedPnn(['train', '--resume', path], { after: ': epoch ', signal });
    expect(again).toMatchObject({ status, stderr: '' });
    const epochOf = ({ stdout }: { readonly stdout: string }, at: number) =>
      Number(
        /epoch (\d+)\//.exec(
          stdout
            .split('\n')
            .filter((line) => line.includes(': epoch '))
            .at(at)!,
        )![1],
      );
    expect(epochOf(again, 0)).toBe(epochOf(interrupted, -1) + 1);
  });

  it('goes on with as many threads as before, or as are given', async () => {
    const threads = getThreads();
    onTestFinished(() => setThreads(threads));
    const out = join(folder, 'threads');
    const copy = join(folder, 'copied threads');
    const checkpointIn = (path: string) => join(path, 'checkpoint.safetensors');
    const planned = async () => (await loadCheckpoint(checkpointIn(out))).state.settings;
    const first = [...tiny, '--no-twin', '--epochs', '8', '--threads', '2', '--out', out];
    expect(await interruptedAfter('epoch 1/8', first)).toMatchObject({ status: 130 });
    expect(await planned()).toMatchObject({ plan: { device: { name: 'wasm', threads: 2 } } });
    await mkdir(copy);
    await copyFile(checkpointIn(out), checkpointIn(copy));

    const again = ['--resume', checkpointIn(out), '--threads', '1'];
    expect(await interruptedAfter('epoch 3/8', again)).toMatchObject({ status: 130 });
    expect(await planned()).toMatchObject({ plan: { device: { name: 'wasm', threads: 1 } } });
    for (const path of [out, copy]) {
      expect(await runCommand(train, ['--resume', checkpointIn(path)], unheard)).toBe(0);
    }
    const reports = await Promise.all([out, copy].map(reportIn));
    expect(reports.map(({ runs }) => runs[0]!.device)).toEqual([
      expect.not.stringMatching(/2 threads/),
      expect.stringMatching(/2 threads/),
    ]);
    const [a, b] = await Promise.all([out, copy].map((path) => readFile(join(path, 'polynomial.safetensors'))));
    expect(Buffer.compare(a!, b!)).toBe(0);
  });
});

describe('pnn train says on one line what is in the way, and leaves nothing behind:', () => {
  /** Writes a data set in the form of MNIST with so many images, changed by `damage`. */
  async function writeMnist(name: string, damage: (file: string, bytes: Uint8Array) => Uint8Array = (_, b) => b) {
    const path = await mkdtemp(join(folder, `${name}-`));
    for (const [split, count] of [
      ['train', 6],
      ['t10k', 4],
    ] as const) {
      const images = {
        data: Uint8Array.from({ length: count * 784 }, (_, i) => (i * 37) % 251),
        shape: [count, 28, 28],
      };
      const labels = { data: Uint8Array.from({ length: count }, (_, i) => i), shape: [count] };
      for (const [kind, array] of [
        ['images-idx3', images],
        ['labels-idx1', labels],
      ] as const) {
        const file = `${split}-${kind}-ubyte`;
        await writeFile(join(path, file), damage(file, encodeIdx(array)));
      }
    }
    return path;
  }

  /** The message of a training that must fail; its folder must not be made. */
  async function complaint(...args: string[]): Promise<PnnError> {
    const out = join(folder, 'never');
    const error: unknown = await runCommand(train, [...args, '--out', out], { write: () => {} }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(PnnError);
    expect((error as PnnError).message).not.toContain('\n');
    await expect(stat(out)).rejects.toThrow('ENOENT');
    return error as PnnError;
  }

  const damages: [name: string, file: string, damage: (bytes: Uint8Array) => Uint8Array][] = [
    ['truncated images', 'train-images-idx3-ubyte', (bytes) => bytes.subarray(0, bytes.length - 5)],
    ['a truncated header', 't10k-images-idx3-ubyte', (bytes) => bytes.subarray(0, 3)],
    ['an empty file', 'train-labels-idx1-ubyte', () => new Uint8Array(0)],
    ['a foreign file', 'train-images-idx3-ubyte', () => new TextEncoder().encode('<html>not found</html>')],
    ['labels out of range', 't10k-labels-idx1-ubyte', (bytes) => bytes.map((b, i) => (i === 9 ? 77 : b))],
    ['damaged compression', 'train-images-idx3-ubyte', (bytes) => gzipSync(bytes).subarray(0, 100)],
  ];

  it.each(damages)('%s', async (_, file, damage) => {
    const data = await writeMnist('damaged', (name, bytes) => (name === file ? damage(bytes) : bytes));
    const { message } = await complaint('--dataset', 'mnist', '--data', data);
    expect(message).toContain(join(data, file));
  });

  it('a folder of data that is missing, or incomplete', async () => {
    const missing = join(folder, 'no data');
    for (const dataset of ['mnist', 'fashion-mnist', 'cifar10']) {
      expect((await complaint('--dataset', dataset, '--data', missing)).message).toContain(missing);
    }
    const data = await writeMnist('incomplete');
    await rm(join(data, 't10k-labels-idx1-ubyte'));
    expect((await complaint('--dataset', 'mnist', '--data', data)).message).toContain('t10k-labels-idx1-ubyte');
  });

  it('more samples asked for than there are', async () => {
    const data = await writeMnist('small');
    const error = await complaint('--dataset', 'mnist', '--data', data, '--test-samples', '5');
    expect(error).toEqual(new ArgumentError('loadDataset: 5 samples of mnist/test are wanted, and there are only 4'));
  });

  it('a folder for the results that cannot be made', async () => {
    const file = join(folder, 'a file');
    await writeFile(file, 'mine');
    for (const out of [file, join(file, 'below'), '/proc/nowhere']) {
      const error: unknown = await runCommand(train, [...tiny, '--out', out], { write: () => {} }).catch(
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(PnnError);
      expect((error as PnnError).message).toMatch(/^[^\n]* cannot be used as a folder \([^\n]*\): choose another one$/);
      expect((error as PnnError).message.startsWith(out)).toBe(true);
    }
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  const tooLarge = /^pnn train: the training does not fit into memory \(.+\): give smaller --widths or --batch-size$/;

  it.each(['--widths 1000000000', '--model mlp --widths 60,1000000000'])('a network too large: %s', async (widths) => {
    const call = [...tiny, ...widths.split(' '), '--out', join(folder, 'too large')];
    const error: unknown = await runCommand(train, call, { write: () => {} }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(MemoryError);
    expect((error as MemoryError).message).toMatch(tooLarge);
  });

  it('a batch too large for a GPU, by the limit of its mode', async () => {
    const call = `--device gpu:cpu --train-samples 1000 --test-samples 10 --widths 32 --batch-size 1000 --out`.split(
      ' ',
    );
    const before = getDevice();
    try {
      const error: unknown = await runCommand(train, [...call, join(folder, 'too large')], { write: () => {} }).catch(
        (e) => e,
      );
      expect(error).toBeInstanceOf(MemoryError);
      expect((error as MemoryError).message).toMatch(tooLarge);
      expect((error as MemoryError).message).toContain('more than the 16777216 that a tensor may have there');
    } finally {
      setDevice(before);
    }
  });

  it('a checkpoint that is missing, damaged or none', async () => {
    const resume = async (path: string) => {
      const error: unknown = await runCommand(train, ['--resume', path], { write: () => {} }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(PnnError);
      expect((error as PnnError).message.startsWith(path)).toBe(true);
      expect((error as PnnError).message).not.toContain('\n');
    };
    await resume(join(folder, 'no checkpoint'));
    await resume(join(folder, 'new', 'run', 'report.json'));
    await resume(join(folder, 'new', 'run', 'twin.safetensors'));
    const out = join(folder, 'intact');
    await interruptedAfter('epoch 1/2', [...tiny, '--epochs', '2', '--out', out]);
    const intact = await readFile(join(out, 'checkpoint.safetensors'));
    const damaged = join(folder, 'damaged.safetensors');
    for (const position of [0, 100, 2000, intact.length - 1]) {
      const bytes = Buffer.from(intact);
      bytes[position]! ^= 1;
      await writeFile(damaged, bytes);
      await resume(damaged);
    }
    await writeFile(damaged, intact.subarray(0, intact.length / 2));
    await resume(damaged);
    const { tensors, state } = await loadCheckpoint(join(out, 'checkpoint.safetensors'));
    for (const settings of [null, 'mine', { plan: {} }]) {
      await saveCheckpoint(damaged, { tensors, state: { ...state, settings } });
      await resume(damaged);
    }
    await saveCheckpoint(damaged, { tensors, state: { ...state, version: 1 as never } });
    const old = await readFile(damaged);
    await resume(damaged);
    await expect(runCommand(train, ['--resume', damaged], { write: () => {} })).rejects.toThrow(
      /is a checkpoint of version 1, and this program reads version 2: go on with the program that wrote it/,
    );
    expect(await readFile(damaged)).toEqual(old);
  });
});
