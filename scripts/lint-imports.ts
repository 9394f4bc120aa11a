/**
 * Imports lead toward `tensor` only: fails if a package imports one that it may not know, if its manifest or its project references
 * say something else than its imports, or if code that pages run imports from Node. `npm run lint` runs it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What each package may import. Siblings do not know each other, and nobody knows the workbench. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  tensor: [],
  autograd: ['tensor'],
  nn: ['tensor', 'autograd'],
  pnn: ['tensor', 'autograd', 'nn'],
  data: ['tensor', 'autograd', 'nn'],
  models: ['tensor', 'autograd', 'nn', 'pnn'],
  he: ['tensor', 'autograd', 'nn', 'pnn', 'models'],
  mpi: ['tensor', 'autograd', 'nn'],
  lab: ['tensor', 'autograd', 'nn', 'pnn', 'data', 'models', 'mpi', 'he'],
};

/** Packages that run in Node alone. */
const NODE_PACKAGES: readonly string[] = ['mpi'];
/** Folders of a package's sources that run in Node alone. */
const NODE_FOLDERS = /^(node|cli|commands|journal|trials|studies)\//;

interface Import {
  /** Below the folder of the package, with `/`. */
  readonly file: string;
  readonly specifier: string;
}

function importsBelow(folder: string, part: string): Import[] {
  const root = join(folder, part);
  if (!existsSync(root)) return [];
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const statements = text.matchAll(
      /^(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]/gm,
    );
    const calls = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
    return [...statements, ...calls].map(([, from, bare]) => ({
      file: `${part}/${file.replaceAll('\\', '/')}`,
      specifier: (from ?? bare)!,
    }));
  });
}

/** The folder name of the package of the workspace that is imported; undefined for anything else. */
function packageOf(specifier: string): string | undefined {
  return /^@pnn\/([a-z]+)(?:\/|$)/.exec(specifier)?.[1];
}

/** Whether only Node can import this: a module of its own, or a file of a package for Node. */
function isForNode(source: string, specifier: string): boolean {
  if (specifier.startsWith('node:') || /^@pnn\/[a-z]+\/node$/.test(specifier)) return true;
  return specifier.startsWith('.') && NODE_FOLDERS.test(normalize(join(dirname(source), specifier)));
}

function problemsOfImports(name: string, allowed: readonly string[], imports: readonly Import[]): string[] {
  return imports.flatMap(({ file, specifier }) => {
    const where = `packages/${name}/${file}`;
    const target = packageOf(specifier);
    const source = file.startsWith('src/') ? file.slice('src/'.length) : undefined;
    if (target !== undefined && target !== name && !allowed.includes(target)) {
      return [
        `${where} imports ${specifier}: ${name} may know ${allowed.length > 0 ? `only ${allowed.join(', ')}` : 'no other package'}`,
      ];
    }
    if (source === undefined) return [];
    if (target === name) return [`${where} imports its own package as ${specifier}: use a relative path`];
    if (specifier.startsWith('.') && normalize(join(dirname(source), specifier)).startsWith('..')) {
      return [`${where} leaves the sources of its package by ${specifier}`];
    }
    if (!NODE_PACKAGES.includes(name) && !NODE_FOLDERS.test(source) && isForNode(source, specifier)) {
      return [`${where} imports ${specifier}, but pages run it, too: that belongs to src/node/`];
    }
    return [];
  });
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join() === [...b].sort().join();
}

/** What is wrong with the packages below a folder, a sentence each. */
export function importProblems(packages: string): string[] {
  return readdirSync(packages).flatMap((name) => {
    const folder = join(packages, name);
    const allowed = mayImport[name];
    if (!allowed) return [`packages/${name} is not in the table of scripts/lint-imports.ts: say what it may import`];
    const sources = importsBelow(folder, 'src');
    const problems = problemsOfImports(name, allowed, [...sources, ...importsBelow(folder, 'test')]);
    const used = [...new Set(sources.flatMap(({ specifier }) => packageOf(specifier) ?? []))];
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies?: object;
      peerDependencies?: object;
    };
    const named = (packages: object = {}) => Object.keys(packages).flatMap((each) => packageOf(each) ?? []);
    const declared = named(manifest.dependencies);
    // Optional peers are loaded where they are asked for.
    const peers = named(manifest.peerDependencies);
    const needed = used.filter((each) => !peers.includes(each));
    if (!sameSet(declared, needed)) {
      problems.push(`packages/${name}/package.json depends on [${declared}], the sources import [${used}]`);
    }
    const { references = [] } = JSON.parse(readFileSync(join(folder, 'tsconfig.json'), 'utf8')) as {
      references?: { path: string }[];
    };
    const referred = references.map(({ path }) => basename(path));
    for (const each of used.filter((dependency) => !referred.includes(dependency))) {
      problems.push(`packages/${name}/tsconfig.json does not refer to ${each}, which its sources import`);
    }
    return problems;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = importProblems(fileURLToPath(new URL('../packages', import.meta.url)));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
