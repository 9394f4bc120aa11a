import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type DatasetEntry, datasets } from '@pnn/data';
import { type ModelEntry, models } from '@pnn/models';
import { PnnError, type Registry } from '@pnn/nn';
import { FileError } from '@pnn/nn/node';
import type { Options } from './options.js';

/** The options whose value is a name or a file, and what the file exports under its name. */
const kinds = ['dataset', 'model'] as const;

type Kind = (typeof kinds)[number];

/** Whether a value of `--dataset` or `--model` is a file rather than a name: it has a slash, or the ending of a module. */
export function isModulePath(value: string): boolean {
  return /[\\/]|\.[cm]?[jt]s$/.test(value);
}

/** The absolute paths of the modules that the options name: those to `--import`, a file as `--dataset`, one as `--model`. */
export function modulesOf(options: Options): string[] {
  const imported = options.text('import')?.split(',') ?? [];
  const direct = kinds.flatMap((kind) => {
    const value = options.text(kind);
    return value !== undefined && isModulePath(value) ? [value] : [];
  });
  return [...new Set([...imported, ...direct].map((file) => resolve(file)))];
}

/** The names of what modules exported, by their absolute paths. */
const exported: Record<Kind, Map<string, string>> = { dataset: new Map(), model: new Map() };

/**
 * The name that `--dataset` or `--model` stands for: itself, or that of what its file exports.
 *
 * @throws UsageError if nothing has the name, or the file exports no such thing
 */
export function ownName(
  options: Options,
  kind: Kind,
  registry: Registry<{ readonly name: string }>,
): string | undefined {
  const value = options.text(kind);
  if (value === undefined || !isModulePath(value)) return options.choice(kind, registry.names());
  const name = exported[kind].get(resolve(value));
  if (name !== undefined) return name;
  const article = kind === 'dataset' ? 'a DatasetEntry of @pnn/data' : 'a ModelEntry of @pnn/models';
  return options.refuse(`--${kind} ${value} exports no ${kind}: it needs \`export const ${kind}\`, ${article}`);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function checkFields(
  path: string,
  kind: Kind,
  entry: unknown,
  functions: readonly string[],
  fields: readonly string[],
) {
  if (!isObject(entry)) throw new FileError(`${path}: its export ${kind} is no object`);
  const texts = ['name', 'summary'].filter((field) => typeof entry[field] !== 'string');
  const missing = functions.filter((field) => typeof entry[field] !== 'function');
  const absent = fields.filter((field) => !(field in entry));
  const wrong = [...texts, ...missing, ...absent];
  if (wrong.length > 0) throw new FileError(`${path}: its export ${kind} lacks ${wrong.join(', ')}`);
}

/** Registers what a module exports as `dataset` and `model`, unless it is registered already. */
function registerExports(path: string, module: Record<string, unknown>): void {
  const { dataset, model } = module;
  if (dataset !== undefined) {
    checkFields(path, 'dataset', dataset, ['load'], []);
    add(path, 'dataset', datasets, dataset as DatasetEntry);
  }
  if (model !== undefined) {
    checkFields(path, 'model', model, ['make'], ['widths', 'dropout']);
    add(path, 'model', models, model as ModelEntry);
  }
}

function add<Entry extends { readonly name: string }>(
  path: string,
  kind: Kind,
  registry: Registry<Entry>,
  entry: Entry,
): void {
  if (!(registry.has(entry.name) && registry.get(entry.name) === entry)) registry.register(entry);
  exported[kind].set(path, entry.name);
}

/** Lets Node load TypeScript: it does from 22.18 on by itself, else by tsx. */
async function enableTypeScript(path: string): Promise<void> {
  const { typescript } = process.features as { readonly typescript?: unknown };
  if (typescript) return;
  try {
    const { register } = await import('tsx/esm/api');
    register();
  } catch (cause) {
    throw new FileError(
      `${path} is TypeScript, which Node ${process.versions.node} does not load by itself: npm install tsx, or take Node 22.18 or later`,
      { cause },
    );
  }
}

function reasonOf(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const [reason] = cause.message.split('\n');
  // tsx takes a file for CommonJS where Node would, and that cannot get at packages of ES modules.
  const isCommonJs = path.endsWith('.ts') && reason!.includes('require() ES Module');
  return isCommonJs ? 'it is taken for CommonJS: name it .mts, or put "type": "module" into package.json' : reason;
}

/**
 * Loads modules of the user's own. They register data sets, models or targets themselves, or export them as `dataset` and
 * `model`, and then these are registered here.
 *
 * @throws FileError if a module cannot be loaded, or exports something else under these names
 */
export async function importModules(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (/\.[cm]?ts$/.test(path)) await enableTypeScript(path);
    let module: Record<string, unknown>;
    try {
      module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    } catch (cause) {
      if (cause instanceof PnnError) throw cause;
      throw new FileError(`${path} cannot be imported (${reasonOf(path, cause)})`, { cause });
    }
    registerExports(path, module);
  }
}
