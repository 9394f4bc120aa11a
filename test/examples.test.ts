import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('..', import.meta.url));
/** Those that print; the page of examples/browser has a test of its own in test/gpu. */
const examples = readdirSync(join(repository, 'examples'))
  .filter((name) => name.endsWith('.ts'))
  .sort();

const numbersAfter = (word: string, output: string) =>
  [...output.matchAll(new RegExp(`${word} ([\\d.]+)`, 'g'))].map(([, number]) => Number(number));

function expectFalling(numbers: readonly number[]): void {
  expect(numbers.length).toBeGreaterThan(2);
  expect(numbers.at(-1)).toBeLessThan(numbers[0]! / 2);
}

/** What each example must have printed. */
const expectations: Readonly<Record<string, (output: string) => void>> = {
  'custom-operator.ts': (output) => {
    expect(output).toContain('step  tensor([0., 1., 1.], float32)');
    expect(output).toContain('slope tensor([0.2100, 0.3932, 0.0049], float32)');
  },
  'digits.ts': (output) => {
    expectFalling(numbersAfter('loss', output));
    expect(numbersAfter('test accuracy', output).at(-1)).toBeGreaterThan(60);
  },
  'distributed.ts': (output) => expectFalling(numbersAfter('loss', output)),
  'encrypted.ts': (output) => {
    expect(output).toMatch(/CKKS with N = 8192 .* 128-bit secure/);
    expect(Number(/(\d+) of 20 digits were recognized/.exec(output)![1])).toBeGreaterThan(11);
  },
  'fit.ts': (output) => {
    const [leastSquares, minimax] = numbersAfter('largest error', output) as [number, number];
    expect(minimax).toBeGreaterThan(0);
    expect(minimax).toBeLessThan(leastSquares);
  },
  'gradients.ts': (output) => {
    expect(output).toMatch(/3x² = .*3\., 12\., 27\./);
    expect(output).toMatch(/6x {2}= .*6\., 12\., 18\./);
  },
  'load-network.ts': (output) => {
    const trained = numbersAfter('in training:', output).at(-1)!;
    expect(trained).toBeGreaterThan(60);
    expect(numbersAfter('from the file:', output)).toEqual([trained]);
  },
  // The command trains them: packages/lab/test/command/own-modules.test.ts.
  'own-data.ts': (output) => expect(output).toBe(''),
  'own-network.ts': (output) => expect(output).toBe(''),
  'own-dataset.ts': (output) => {
    expectFalling(numbersAfter('loss', output));
    expect(numbersAfter('test accuracy', output).at(-1)).toBeGreaterThan(80);
  },
  'own-model.ts': (output) => {
    expect(output).toContain('bottleneck, 12650 parameters');
    expect(output.match(/PolynomialActivation/g)).toHaveLength(2);
  },
  'own-module.ts': (output) => {
    expect(output).toMatch(/\nring, 500 test examples\n/);
    expect(Number(/^network +([\d.]+)%/m.exec(output)![1])).toBeGreaterThan(80);
    const path = /^Report: (.*)$/m.exec(output)![1]!;
    expect(readFileSync(path, 'utf8')).toContain('<h1>A network of my own</h1>');
    rmSync(dirname(path), { recursive: true });
  },
  'polynomial-transformer.ts': (output) => {
    expectFalling(numbersAfter('loss', output));
    expect(numbersAfter('test accuracy', output).at(-1)).toBeGreaterThan(60);
    // The polynomials are fitted up to 6; the boundary loss has brought their inputs there.
    const reaches = [...output.matchAll(/largest \|x\| ([\d.]+), ([\d.]+)/g)].map(([, ...each]) => each.map(Number));
    expect(Math.max(...reaches[0]!)).toBeGreaterThan(12);
    expect(Math.max(...reaches.at(-1)!)).toBeLessThan(9);
  },
  'several-processes.ts': (output) => {
    const losses = numbersAfter('loss', output);
    expect(losses).toHaveLength(3);
    expect(losses[2]).toBeLessThan(0.8 * losses[0]!);
    expect(numbersAfter('test accuracy', output).at(-1)).toBeGreaterThan(30);
  },
  'sound.ts': (output) => {
    expectFalling(numbersAfter('loss', output));
    expect(numbersAfter('test accuracy', output).at(-1)).toBeGreaterThan(80);
  },
  'stripes.ts': (output) => expectFalling(numbersAfter('loss', output)),
  'tensors.ts': (output) => {
    expect(output.replaceAll(/\s+/g, ' ')).toContain('[ 4., 8.], [ 8., 16.]');
    expect(output).toContain('2 tensors are alive');
  },
  'trace.ts': (output) => {
    expect(output).toMatch(/%4 = matmul\(%3, 3\.weight\) .* 3 Linear\n/);
    expect(output).toContain('layer 0: kernel 3,3, stride 1,1\n');
    const [network, graph] = [...output.matchAll(/^(?:network|graph) +(tensor.*)$/gm)].map(([, printed]) => printed);
    expect(network).toMatch(/^tensor\(\[\[.*\]\], float32\)$/);
    expect(graph).toBe(network);
  },
  'xor.ts': (output) => expect(numbersAfter('loss', output).at(-1)).toBeLessThan(0.05),
};

test('every example is expected to print something', () => {
  expect(Object.keys(expectations).sort()).toEqual(examples);
});

test.each(examples)('%s runs', (name) => {
  const options = ['--import=tsx', '--conditions=@pnn/source', join('examples', name)];
  expectations[name]!(execFileSync(process.execPath, options, { cwd: repository, encoding: 'utf8' }));
});

const readmes = ['README.md', ...readdirSync(join(repository, 'packages')).map((name) => `packages/${name}/README.md`)];

/** Code blocks that name the file whose content they show: ```ts examples/name.ts */
function shownExamples(markdown: string): { path: string; code: string }[] {
  return [...markdown.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)].map(([, path, code]) => ({ path: path!, code: code! }));
}

describe.each(readmes.filter((path) => existsSync(join(repository, path))))('%s', (path) => {
  const shown = shownExamples(readFileSync(join(repository, path), 'utf8'));

  test('shows examples that run', () => {
    for (const block of shown) expect(examples.map((name) => `examples/${name}`)).toContain(block.path);
    // The README of the repository may do without one.
    if (path !== 'README.md') expect(shown).not.toEqual([]);
  });

  test('shows the examples as they are', () => {
    for (const block of shown) expect(block.code, block.path).toBe(readFileSync(join(repository, block.path), 'utf8'));
  });
});
