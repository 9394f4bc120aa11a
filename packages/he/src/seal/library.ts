import { PlanError } from '../errors.js';
import type { SealLibrary } from './context.js';
import { openVersion6, type Version6 } from './version6.js';
import { openVersion7, type Version7 } from './version7.js';

/** The module `node-seal`, of version 6 or 7. */
export type NodeSeal = { readonly default: () => Promise<unknown> };

async function importNodeSeal(): Promise<NodeSeal> {
  try {
    return (await import('node-seal')) as unknown as NodeSeal;
  } catch (error) {
    throw new PlanError(
      `node-seal cannot be loaded (${error instanceof Error ? error.message : error}): npm install node-seal@6.0.3 ` +
        '(node-seal@7.0.0 runs on Node 22 and later)',
      { cause: error },
    );
  }
}

/**
 * Loads SEAL into a memory of its own.
 *
 * @param module for programs that have node-seal under another name
 * @throws PlanError where node-seal is not installed, or does not run on this version of Node
 */
export async function openSeal(module?: NodeSeal): Promise<SealLibrary> {
  const { default: initialize } = module ?? (await importNodeSeal());
  let library: unknown;
  try {
    library = await initialize();
  } catch (error) {
    throw new PlanError(
      `node-seal does not start (${error instanceof Error ? error.message : error}): version 7 needs Node 22 or later, ` +
        'version 6.0.3 runs on Node 20, too',
      { cause: error },
    );
  }
  const isVersion6 = typeof (library as { CipherText?: unknown }).CipherText === 'function';
  return isVersion6 ? openVersion6(library as Version6) : openVersion7(library as Version7);
}
