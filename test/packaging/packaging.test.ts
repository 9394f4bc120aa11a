import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Consumer, filesBelow, type PackageName, packAll, packageNames, repository, run } from './consumer.js';

const lib = ['ES2022', 'DOM'];

let folder: string;
let tarballs: Record<PackageName, string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pnn-packaging-'));
  run(repository, join(repository, 'node_modules/.bin/tsc'), '--build');
  tarballs = packAll(join(folder, 'tarballs'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const projects = new Map<string, Consumer>();

/** A project with a package and those that it depends on, which stand before it. */
function projectWith(packages: readonly PackageName[]): Consumer {
  const name = `with-${packages.join('-')}`;
  const tarballsOf = packages.map((each) => tarballs[each]);
  const project = projects.get(name) ?? new Consumer(join(folder, name), tarballsOf);
  projects.set(name, project);
  return project;
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

/** Expects losses that fall: below a bound, or else to half of the first. */
const learns = (bound?: number) => (output: string) => {
  const losses = [...output.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(losses.length).toBeGreaterThan(2);
  expect(losses.at(-1)).toBeLessThan(bound ?? losses[0]! / 2);
};

describe('the tarballs', () => {
  let consumer: Consumer;
  beforeAll(() => {
    consumer = projectWith(packageNames);
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
    expect(found, 'leftovers of sources that are gone? npm run build').toEqual(built.sort());
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

  test('declare the types of every entry', () => {
    const entries = packageNames.flatMap((name) => {
      const { exports } = JSON.parse(readFileSync(join(consumer.installed(name), 'package.json'), 'utf8'));
      return Object.keys(exports).map((entry) => `@pnn/${name}${entry.slice(1)}`);
    });
    consumer.write('entries.ts', entries.map((entry, i) => `export * as entry${i} from '${entry}';`).join('\n'));
    consumer.compile({ lib, module: 'NodeNext' });
    run(consumer.folder, process.execPath, 'out/entries.js');
  });

  test('do without gpu.js, and say so where one is asked for a GPU', () => {
    const program = "import('@pnn/tensor/gpu').then(({ gpu }) => gpu()).catch(({ message }) => console.log(message))";
    expect(run(consumer.folder, process.execPath, '-e', program)).toMatch(
      /^gpu: gpu\.js cannot be loaded .*: npm install gpu\.js$/m,
    );
  });

  test('do without koffi, and say so where one is asked for MPI', () => {
    const program =
      "Object.assign(process.env, { PMI_SIZE: '2', PMI_RANK: '0' }); import('@pnn/mpi').then(({ mpi }) => mpi()).catch(({ message }) => console.log(message))";
    expect(run(consumer.folder, process.execPath, '-e', program)).toMatch(
      /^mpi: koffi cannot be loaded .*: npm install koffi$/m,
    );
  });

  test('offer the command pnn', () => {
    const pnn = join(consumer.folder, 'node_modules/.bin/pnn');
    expect(run(consumer.folder, pnn, '--help')).toMatch(/^Usage: pnn /);
    expect(run(consumer.folder, pnn, 'fit', '--degree', '4')).toMatch(/^relu on \[-10, 10\]: degree 4/);
  });
});

test('@pnn/he does without node-seal, and says so where it needs it', () => {
  const { folder } = projectWith(packageNames);
  const program = "import('@pnn/he').then(({ openSeal }) => openSeal()).catch(({ message }) => console.log(message))";
  expect(run(folder, process.execPath, '-e', program)).toMatch(
    /^node-seal cannot be loaded .*: npm install node-seal@6/m,
  );
});

const engine = ['tensor', 'autograd', 'nn'] as const;

describe.each<{
  readonly only: string;
  /** What is installed: the package and what it depends on. */
  readonly packages: readonly PackageName[];
  readonly programs: Readonly<Record<string, (output: string) => void>>;
}>([
  {
    only: '@pnn/nn',
    packages: engine,
    programs: { 'examples/xor.ts': learns(0.05), 'examples/stripes.ts': learns() },
  },
  {
    only: '@pnn/pnn',
    packages: [...engine, 'pnn'],
    programs: { 'examples/fit.ts': (output) => expect(output.match(/largest error \d/g)).toHaveLength(2) },
  },
  {
    only: '@pnn/data',
    packages: [...engine, 'data'],
    programs: {
      'test/packaging/programs/batches.ts': (output) =>
        expect(output.match(/^images 20×1×28×28, sum -?\d+\.\d+, of (\d,){19}\d$/gm)).toHaveLength(3),
    },
  },
  {
    only: '@pnn/models',
    packages: [...engine, 'pnn', 'models'],
    programs: {
      'test/packaging/programs/networks.ts': (output) =>
        expect(output.match(/^\w+: \d+ bytes give the same network: true$/gm)).toHaveLength(2),
    },
  },
  {
    only: '@pnn/lab',
    packages: packageNames.filter((name) => name !== 'he' && name !== 'mpi'),
    programs: { 'examples/digits.ts': learns(), 'examples/own-dataset.ts': learns() },
  },
])('a project with $only', ({ only, packages, programs }) => {
  const paths = Object.keys(programs);
  const nameOf = (path: string) => basename(path, '.ts');
  let consumer: Consumer;
  const outputs = new Map<string, string>();
  beforeAll(() => {
    consumer = projectWith(packages);
    for (const path of paths) consumer.addProgram(path);
    consumer.compile({ lib, module: 'NodeNext' });
    for (const path of paths) outputs.set(path, run(consumer.folder, process.execPath, `out/${nameOf(path)}.js`));
  });

  test('gets nothing but packages of the workspace', () => {
    expect(consumer.packages.sort()).toEqual(packages.map((name) => `@pnn/${name}`).sort());
  });

  test('needs each of them', () => {
    const needs = (name: string): string[] => {
      const { dependencies = {} } = JSON.parse(
        readFileSync(join(consumer.folder, 'node_modules', name, 'package.json'), 'utf8'),
      );
      return [name, ...Object.keys(dependencies).flatMap(needs)];
    };
    expect([...new Set(needs(only))].sort()).toEqual(consumer.packages.sort());
  });

  test('type-checks as bundlers resolve modules, too', () => {
    consumer.compile({ lib, module: 'ESNext', moduleResolution: 'bundler', noEmit: true });
  });

  test.each(paths)('runs %s', (path) => {
    programs[path]!(outputs.get(path)!);
  });

  test.each(paths)('bundles for browsers, and the bundle does the same: %s', async (path) => {
    expect(await outputOfBundle(consumer, nameOf(path))).toBe(outputs.get(path));
  });
});
