import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Folders below packages/, each before those that depend on it. */
export const packageNames = ['tensor', 'autograd', 'nn', 'pnn', 'data', 'models', 'mpi', 'he', 'lab'] as const;
export type PackageName = (typeof packageNames)[number];

/** Runs a program and returns what it printed; throws with all its output where it fails. */
export function run(cwd: string, program: string, ...args: string[]): string {
  // Inherited from `npm test`, these would make the inner npm work in the repository instead of here.
  const inherited = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_'));
  const env = { ...Object.fromEntries(inherited), NO_COLOR: '1', npm_config_update_notifier: 'false' };
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** Packs the built packages and returns the tarball of each. */
export function packAll(folder: string): Record<PackageName, string> {
  mkdirSync(folder);
  const folders = packageNames.map((name) => `./packages/${name}`);
  const printed = run(repository, 'npm', 'pack', ...folders, '--silent', '--pack-destination', folder);
  const files = printed.trim().split('\n');
  return Object.fromEntries(packageNames.map((name, i) => [name, join(folder, basename(files[i]!))])) as Record<
    PackageName,
    string
  >;
}

/** A project of somebody else: an empty folder into which some of the packages were installed. */
export class Consumer {
  /** @param folder is made; npm gets an empty cache and no network, so that nothing else can come along */
  constructor(
    readonly folder: string,
    tarballs: readonly string[],
  ) {
    mkdirSync(folder);
    this.write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
    const settings = ['--offline', '--no-audit', '--no-fund', `--cache=${folder}-cache`];
    run(folder, 'npm', 'install', ...settings, ...tarballs);
  }

  write(path: string, content: string): void {
    writeFileSync(join(this.folder, path), content);
  }

  /** Takes a program over from the repository. */
  addProgram(path: string): void {
    copyFileSync(join(repository, path), join(this.folder, basename(path)));
  }

  /** Compiles all programs of the folder under `strict`, declarations of the packages included, into out/. */
  compile(settings: Readonly<Record<string, unknown>>): void {
    const options = { strict: true, skipLibCheck: false, target: 'ES2022', types: [], outDir: 'out', ...settings };
    this.write('tsconfig.json', JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
    run(this.folder, join(repository, 'node_modules/.bin/tsc'), '--project', '.');
  }

  /** The names of all packages that npm has installed. */
  get packages(): string[] {
    const lock = readFileSync(join(this.folder, 'node_modules/.package-lock.json'), 'utf8');
    const { packages } = JSON.parse(lock) as { packages: Readonly<Record<string, unknown>> };
    return Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  }

  /** The folder of an installed package. */
  installed(name: PackageName): string {
    return join(this.folder, 'node_modules/@pnn', name);
  }
}

/** All files below a folder as paths relative to it, with `/`. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}
