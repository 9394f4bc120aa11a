import type { GraphNode } from '@pnn/nn';
import { PlanError } from '../errors.js';

/** Where a node of the graph comes from, for messages: `layer 3 (ReLU)`. */
export function placeOf({ module }: GraphNode): string {
  if (!module) return 'the network';
  return module.path === '' ? `the network (${module.type})` : `layer ${module.path} (${module.type})`;
}

/** @throws PlanError, always: what cannot be computed, and what to do about it */
export function refuse(node: GraphNode, problem: string, remedy: string): never {
  throw new PlanError(`${placeOf(node)}: ${problem}: ${remedy}`);
}
