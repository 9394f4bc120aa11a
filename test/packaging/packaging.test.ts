import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Consumer, filesBelow, type PackageName, packAll, packageNames, repository, run } from './consumer.js';

let folder: string;
let tarballs: Record<PackageName, string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pnn-packaging-'));
  run(repository, join(repository, 'node_modules/.bin/tsc'), '--build');
  tarballs = packAll(join(folder, 'tarballs'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every name in the tree that `npm ls --all` shows. */
function dependencyNames(consumer: Consumer): string[] {
  interface Tree {
    /** Missing where an optional peer is not there. */
    readonly version?: string;
    readonly dependencies?: Readonly<Record<string, Tree>>;
  }
  const names = ({ dependencies = {} }: Tree): string[] =>
    Object.entries(dependencies).flatMap(([name, tree]) => (tree.version ? [name, ...names(tree)] : []));
  return [...new Set(names(JSON.parse(run(consumer.folder, 'npm', 'ls', '--all', '--json'))))].sort();
}

/** What a program prints when it was bundled for the browser, where it runs far from any node_modules. */
async function outputOfBundle(consumer: Consumer, program: string): Promise<string> {
  const outfile = join(folder, 'bundles', `${program}.mjs`);
  const { warnings, metafile } = await build({
    entryPoints: [join(consumer.folder, `${program}.ts`)],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    outfile,
    metafile: true,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
  expect(readFileSync(outfile, 'utf8')).not.toMatch(/['"]node:/);
  return run(folder, process.execPath, outfile);
}

const lossesIn = (output: string) => [...output.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));

describe('the tarballs', () => {
  let consumer: Consumer;
  beforeAll(() => {
    consumer = new Consumer(join(folder, 'everything'), Object.values(tarballs));
  });

  test.each(packageNames)('@pnn/%s contains what it needs, and nothing else', (name) => {
    const own = name === 'lab' ? ['bin'] : [];
    const entries = ['LICENSE', 'README.md', ...own, 'dist', 'package.json', 'src'];
    expect(readdirSync(consumer.installed(name)).sort()).toEqual(entries.sort());
  });

  test.each(packageNames)('@pnn/%s has a source for every built file, and the other way round', (name) => {
    const sources = filesBelow(join(consumer.installed(name), 'src'));
    const built = sources.flatMap((source) =>
      ['.d.ts', '.d.ts.map', '.js', '.js.map'].map((suffix) => source.replace(/\.ts$/, suffix)),
    );
    const found = filesBelow(join(consumer.installed(name), 'dist'));
    expect(found, 'leftovers of sources that are gone? npm run clean && npm run build').toEqual(built.sort());
  });

  test.each(packageNames)('@pnn/%s has source maps that lead to the sources', (name) => {
    const dist = join(consumer.installed(name), 'dist');
    for (const path of filesBelow(dist).filter((file) => file.endsWith('.map'))) {
      const { sources } = JSON.parse(readFileSync(join(dist, path), 'utf8')) as { sources: string[] };
      expect(sources).toHaveLength(1);
      expect(existsSync(resolve(dist, dirname(path), sources[0]!)), `${path}: ${sources}`).toBe(true);
    }
  });

  test.each(packageNames)('@pnn/%s satisfies publint', async (name) => {
    const { messages } = await publint({ pkgDir: consumer.installed(name), pack: false, level: 'warning' });
    expect(messages).toEqual([]);
  });

  test('offer the command pnn', () => {
    expect(run(consumer.folder, 'npx', '--no-install', 'pnn', '--help')).toMatch(/^Usage: pnn /);
  });
});

const lib = ['ES2022', 'DOM'];

describe.each([
  { only: '@pnn/nn', packages: ['tensor', 'autograd', 'nn'] as const, programs: ['xor', 'stripes'] },
  {
    only: '@pnn/models',
    packages: ['tensor', 'autograd', 'nn', 'pnn', 'data', 'models'] as const,
    programs: ['digits'],
  },
])('a project with $only', ({ packages, programs }) => {
  let consumer: Consumer;
  const outputs = new Map<string, string>();
  beforeAll(() => {
    const own = packages.map((name) => tarballs[name]);
    consumer = new Consumer(join(folder, `with-${packages.at(-1)}`), own);
    for (const program of programs) consumer.addExample(`${program}.ts`);
    consumer.compile({ lib, module: 'NodeNext' });
    for (const program of programs) {
      outputs.set(program, run(consumer.folder, process.execPath, `out/${program}.js`));
    }
  });

  test('gets nothing but packages of the workspace', () => {
    expect(dependencyNames(consumer)).toEqual(packages.map((name) => `@pnn/${name}`).sort());
  });

  test('does without gpu.js, and says so where it is asked for a GPU', () => {
    const program = "import('@pnn/tensor/gpu').then(({ gpu }) => gpu()).catch(({ message }) => console.log(message))";
    expect(run(consumer.folder, process.execPath, '-e', program)).toMatch(
      /^gpu: gpu\.js cannot be loaded .*: npm install gpu\.js$/m,
    );
  });

  test('type-checks as bundlers resolve modules, too', () => {
    consumer.compile({ lib, module: 'ESNext', moduleResolution: 'bundler', noEmit: true });
  });

  test.each(programs)('learns: %s', (program) => {
    const losses = lossesIn(outputs.get(program)!);
    expect(losses.length).toBeGreaterThan(2);
    expect(losses.at(-1)).toBeLessThan(program === 'xor' ? 0.05 : losses[0]! / 2);
  });

  test.each(programs)('bundles for browsers, and the bundle does the same: %s', async (program) => {
    expect(await outputOfBundle(consumer, program)).toBe(outputs.get(program));
  });
});
