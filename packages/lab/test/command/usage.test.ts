import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Command, runCommand } from '../../src/cli/command.js';
import { specsOf, UsageError } from '../../src/cli/options.js';
import { calibrate } from '../../src/commands/calibrate.js';
import { certify } from '../../src/commands/certify.js';
import { devices } from '../../src/commands/devices.js';
import { encrypt } from '../../src/commands/encrypt.js';
import { evaluate } from '../../src/commands/evaluate.js';
import { fit } from '../../src/commands/fit.js';
import { inspect } from '../../src/commands/inspect.js';
import { merge } from '../../src/commands/merge.js';
import { predict } from '../../src/commands/predict.js';
import { simplify } from '../../src/commands/simplify.js';
import { studyCommand } from '../../src/commands/study.js';
import { train } from '../../src/commands/train.js';
import { version } from '../../src/index.js';
import { studies } from '../../src/studies/registry.js';
import { Call, commandLine, pnn } from './call.js';

/** What the command prints, run in this process. */
async function printed(command: Command, ...args: string[]): Promise<{ status: number; text: string }> {
  let text = '';
  const status = await runCommand(command, args, { write: (part) => (text += part) });
  return { status, text };
}

describe('pnn', () => {
  it('tells its commands, its version, and what is wrong on one line', async () => {
    const help = await pnn('--help');
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toMatch(
      /^Usage: pnn COMMAND \[options\]\n[\s\S]*\n {2}train +\S[\s\S]*\n {2}evaluate +\S[\s\S]*\n {2}predict +\S[\s\S]*\n {2}fit +\S[\s\S]*\n {2}devices +\S/,
    );
    const [short, word, missing, named, unknown] = await Promise.all([
      pnn('-h'),
      pnn('help'),
      pnn(),
      pnn('--version'),
      pnn('trian'),
    ]);
    for (const same of [short, word]) expect(same).toEqual(help);
    expect(missing).toEqual({ status: 2, stdout: '', stderr: help.stdout });
    expect(named).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    expect(unknown).toEqual({ status: 2, stdout: '', stderr: "pnn: there is no command 'trian': see pnn --help\n" });
  });

  it('ends with status 2 where it was called wrongly, with status 1 where something is in the way', async () => {
    const [wrong, inTheWay] = await Promise.all([
      pnn('train', '--degre', '4'),
      pnn('train', '--dataset', 'mnist', '--data', '/nonexistent'),
    ]);
    const line = 'pnn train: there is no option --degre: see pnn train --help\n';
    expect(wrong).toEqual({ status: 2, stdout: '', stderr: line });
    expect(inTheWay).toMatchObject({ status: 1, stdout: '' });
    expect(inTheWay.stderr).toMatch(/^mnist: [^\n]*'\/nonexistent'[^\n]*\n$/);
  });
});

describe('pnn, whose output', () => {
  it('nobody reads, ends without a word', async () => {
    for (const args of [['train', '--help'], ['fit']]) {
      expect(await new Call(args).stopReading()).toEqual({ status: 141, stdout: '', stderr: '' });
    }
  });

  it.runIf(existsSync('/dev/full'))('finds no space, says so on one line', () => {
    const [node, ...rest] = commandLine(['fit']);
    const { status, stderr } = spawnSync(node!, rest, { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
    expect(status).toBe(1);
    expect(`${stderr}`).toMatch(/^pnn: the output cannot be written: [^\n]*ENOSPC[^\n]*\n$/);
  });
});

describe('--help', () => {
  it.each(['--help', '-h'])('names every option of pnn train under its heading: %s', async (option) => {
    const { status, text } = await printed(train, '--degree', '99', option);
    expect(status).toBe(0);
    expect(text).toMatch(/^Usage: pnn train \[options\]\n/);
    const groups = train.options();
    expect(groups.map(({ heading }) => heading)).toEqual([
      'Data',
      'Model',
      'Method',
      'Training',
      'Device',
      'Processes',
      'Output',
    ]);
    for (const { heading, options } of groups) {
      const part = text.split(`\n\n${heading}:\n`)[1]!.split('\n\n')[0]!;
      for (const name of Object.keys(options)) expect(part).toMatch(new RegExp(`^ {2}--${name}[ \\n]`, 'm'));
    }
  });

  it('tells the defaults of each data set and those of the paper', async () => {
    const { text } = await printed(train, '--help');
    const help = text.replaceAll(/\s+/g, ' ');
    for (const line of [
      /--epochs N passes over the training data \(default 2; digits 4; [^)]*paper 30\)/,
      /--batch-size N samples in a step \(default 128; digits 64; [^)]*paper 128\)/,
      /--coefficient-rate K learning rate of learned coefficients as a multiple of --lr \(default 1; cifar10 30\)/,
      /--ema DECAY end with a moving average of the weights, of a decay such as 0.99, or none \(default none; [^)]*cifar10 0.98/,
      /--lr R learning rate \(default 0.001; digits 0.002; [^)]*paper 0.001\)/,
      /hidden widths of cnn \(default 16,32; digits 8,16[^)]*\), mlp \(default 256,128[^)]*\)/,
    ]) {
      expect(help).toMatch(line);
    }
  });

  it.each([
    train,
    evaluate,
    predict,
    inspect,
    calibrate,
    certify,
    simplify,
    ...studies.map(studyCommand),
    merge,
    encrypt,
    fit,
    devices,
  ])('fits a terminal of 100 columns: $name', async (command) => {
    const { text } = await printed(command, '--help');
    const lines = text.split('\n');
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(100);
    for (const name of Object.keys(specsOf(command.options()))) {
      expect(lines.filter((line) => line.startsWith(`  --${name} `))).toHaveLength(1);
    }
    expect(text).toMatch(/^ {2}--help +show this text$/m);
  });
});

describe('pnn train refuses, naming the option,', () => {
  it.each([
    ['--bogus', 'there is no option --bogus'],
    ['--bogus=3', 'there is no option --bogus'],
    ['-x', 'there is no option -x'],
    ['mnist', "'mnist' is not expected"],
    ['--dataset imagenet', '--dataset imagenet is none of digits, mnist, fashion-mnist, cifar10'],
    ['--dataset mnist', '--dataset mnist needs --data DIR'],
    ['--data somewhere', '--data goes with --dataset mnist, fashion-mnist, cifar10'],
    ['--data-options label=y', 'the data set digits has no option label'],
    ['--dataset csv --data x --data-options lable=y', 'the data set csv has no option lable; it has label, task, file'],
    [
      '--dataset csv --data x --data-options task=both',
      'the option task of the data set csv is classes or numbers, not',
    ],
    ['--dataset csv --data x --data-options label', '--data-options label is not of the form NAME=VALUE,NAME=VALUE'],
    ['--dataset csv --data x --data-options label=', '--data-options label= is not of the form'],
    ['--augment shake', "--augment shake: 'shake' is none of crop, flip, rotate, zoom, "],
    ['--augment crop=', '--augment crop=: crop= is not of the form NAME or NAME=NUMBER'],
    ['--augment flip,crop=x', '--augment flip,crop=x: crop=x is not of the form NAME or NAME=NUMBER'],
    ['--augment flip=2', '--augment flip=2: randomHorizontalFlip: the probability'],
    [
      '--dataset har --data x --augment flip',
      '--augment flip: the augmentation flip changes images [C,H,W], not samples',
    ],
    ['--train-samples 0', '--train-samples 0 is not an integer from 2 to 1000000000'],
    ['--train-samples 1', '--train-samples 1 is not an integer from 2 to 1000000000'],
    ['--train-samples 2e9', '--train-samples 2e9 is not an integer from 2 to 1000000000'],
    ['--test-samples 1.5', '--test-samples 1.5 is not an integer from 1 to 1000000000'],
    ['--model alexnet', '--model alexnet is none of cnn, mlp, resnet8, resnet20, resnet18, lenet, vgg, '],
    ['--widths 16,', '--widths 16, is not a list of positive integers like 16,32'],
    ['--widths 16,-2', '--widths 16,-2 is not a list of positive integers like 16,32'],
    ['--widths 2,2,2,2,2', 'the model cnn halves images of 28x28 5 times, until nothing is left: give fewer filters'],
    [
      '--model resnet8 --widths 4',
      '--widths goes with --model cnn or mlp or lenet or vgg or resnet1d or spectrogram-cnn, not resnet8',
    ],
    ['--order first', '--order first is none of normalization-first, activation-first'],
    ['--dropout 1', '--dropout 1 is not a number from 0 to below 1'],
    ['--dropout 0.1', '--dropout goes with --model mlp, not cnn'],
    ['--target swish', '--target swish is none of relu, silu, gelu, sigmoid, tanh, softplus'],
    ['--degree 0', '--degree 0 is not an integer from 1 to 32'],
    ['--degree 33', '--degree 33 is not an integer from 1 to 32'],
    ['--degree eight', '--degree eight is not an integer from 1 to 32'],
    ['--degree', '--degree needs a value, N'],
    ['--degree=', '--degree needs a value, N'],
    ['--degree --seed 3', '--degree needs a value, N'],
    ['--method remez', '--method remez is none of density, least-squares, minimax'],
    ['--bound 3 --margin 2', '--margin goes with --bound calibrated'],
    ['--coefficients fixed --coefficient-rate 30', '--coefficient-rate goes with --coefficients learned'],
    ['--bound 3 --method density', '--method density goes with --bound calibrated'],
    ['--bound -3', '--bound -3 is not calibrated, paper or a positive number'],
    ['--bound tight', '--bound tight is not calibrated, paper or a positive number'],
    ['--bound paper --degree 3', '--bound paper: preset: no settings for degree 3 on mnist'],
    ['--alpha 0', '--alpha 0 is not a number above 0, up to 1'],
    ['--lambda -1', '--lambda -1 is neither a number of 0 or more nor dual or dual:START'],
    ['--lambda dual:', '--lambda dual: is neither a number'],
    ['--lambda dual:1e7', '--lambda dual:1e7 is neither a number'],
    ['--lambda dual:1:2', '--lambda dual:1:2 is neither a number'],
    ['--lambda dually', '--lambda dually is neither a number'],
    ['--penalty cubic', '--penalty cubic is none of exponential, quadratic, power, max-norm'],
    ['--cap 0', '--cap 0 is not a positive number'],
    ['--penalty max-norm --cap 2', '--cap goes with the other forms of --penalty, not max-norm'],
    ['--outside clip', '--outside clip is none of tangent, polynomial'],
    ['--basis chebyshev', '--basis chebyshev is none of even-odd, twice-even-odd, monomial'],
    ['--coefficients free', '--coefficients free is none of learned, fixed'],
    ['--max-norm 0', '--max-norm 0 is not a positive number'],
    ['--epochs 0', '--epochs 0 is not an integer of 1 or more'],
    ['--batch-size 1', '--batch-size 1 is not an integer of 2 or more'],
    ['--lr Infinity', '--lr Infinity is not a positive number'],
    ['--weight-decay -0.1', '--weight-decay -0.1 is not a number of 0 or more'],
    ['--seed -1', '--seed -1 is not an integer of 0 or more'],
    ['--out', '--out needs a value, DIR'],
    ['--out --no-twin', '--out needs a value, DIR'],
    ['--resume a.safetensors --seed 3', '--resume takes no other options'],
    ['--resume a.safetensors --import mine.js', '--resume takes no other options but --threads'],
    ['--resume a.safetensors --resume-if-exists', '--resume takes no other options'],
    ['--resume-if-exists', '--resume-if-exists needs --out DIR'],
    ['--checkpoint-every 0 --out x', '--checkpoint-every 0 is not an integer of 1 or more'],
    ['--shards 3', '--shards 3 is not a power of two'],
    ['--shards 0', '--shards 0 is not a power of two'],
    ['--sync-batch-norm --accumulate 2', '--sync-batch-norm makes a step of each batch: leave --accumulate out'],
    ['--sync-batch-norm --penalty max-norm', '--sync-batch-norm goes with the other forms of --penalty, not max-norm'],
    ['--mpi', '--mpi is for processes that mpirun or srun has started: mpirun -n 2 npx pnn train --mpi'],
    ['--threads 0', '--threads 0 is not an integer from 1 to 64'],
    ['--threads 2 --device reference', '--threads goes with --device wasm, not reference'],
    ['--samples 8', '--samples 8 is not an integer from 9 to 1000000'],
    ['--paper --dataset cifar10 --data x --degree 5', '--paper: preset: no settings for degree 5 on cifar10'],
  ])('%s', async (call, problem) => {
    const error: unknown = await runCommand(train, call.split(' '), { write: () => expect.unreachable() }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(UsageError);
    const { message } = error as UsageError;
    expect(message.startsWith(`pnn train: ${problem}`), message).toBe(true);
    expect(message).toMatch(/: see pnn train --help$/);
    expect(message).not.toContain('\n');
  });

  it.each([' ', '\t', 'dual: '])('a λ that is blank: "%s"', async (lambda) => {
    await expect(runCommand(train, ['--lambda', lambda], { write: () => {} })).rejects.toThrow(
      `pnn train: --lambda ${lambda} is neither a number of 0 or more nor dual or dual:START`,
    );
  });

  it('an empty value, as an unset variable of a shell gives', async () => {
    await expect(runCommand(train, ['--out', ''], { write: () => {} })).rejects.toThrow(
      'pnn train: --out needs a value, DIR',
    );
  });
});

describe('pnn fit', () => {
  it('prints the polynomial', async () => {
    const { status, text } = await printed(fit, '--target', 'silu', '--degree', '4', '--bound', '6');
    expect(status).toBe(0);
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^silu on \[-6, 6\]: degree 4, least-squares, largest error 0\.\d+$/);
    expect(lines.slice(1).map((line) => line.slice(0, 4))).toEqual(['p(x)', 'E(s)', 'O(s)', 'in f']);
    expect(lines[4]).toMatch(/^in float32, basis even-odd: \S+e-7 more error, \S+e-[78] of the largest value$/);
    expect(Number(lines[3]!.slice('O(s) = '.length))).toBeCloseTo(3, 12);
  });

  it('fits degree 8 to ReLU on [-10, 10] where nothing is said', async () => {
    expect((await printed(fit)).text).toMatch(/^relu on \[-10, 10\]: degree 8, least-squares/);
    expect((await printed(fit, '--method', 'minimax')).text).toMatch(/^relu on \[-10, 10\]: degree 8, minimax/);
  });

  it('tells its options', async () => {
    const { status, text } = await printed(fit, '--help');
    expect(status).toBe(0);
    for (const name of ['target', 'degree', 'bound', 'method', 'help']) expect(text).toContain(`  --${name}`);
  });

  it.each([
    ['--bound 0', '--bound 0 is not a positive number'],
    ['--degree 65', '--degree 65 is not an integer from 1 to 64'],
    ['--method density', '--method density is none of least-squares, minimax'],
    ['relu', "'relu' is not expected"],
  ])('refuses %s', async (call, problem) => {
    await expect(runCommand(fit, call.split(' '), { write: () => {} })).rejects.toThrow(
      new UsageError(`pnn fit: ${problem}: see pnn fit --help`),
    );
  });
});
