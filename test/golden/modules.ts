import { type Module, Parameter } from '@pnn/nn';
import type { Tensor } from '@pnn/tensor';
import type { GoldenCase } from './load.js';

/** PyTorch's names, in camelCase as in golden files, of what is called otherwise here. */
const statisticsNames: ReadonlyMap<string, string> = new Map([
  ['runningVariance', 'runningVar'],
  ['batchesTracked', 'numBatchesTracked'],
]);
const normalizationNames: ReadonlyMap<string, string> = new Map([
  ['gamma', 'weight'],
  ['beta', 'bias'],
]);

const isDomain = (name: string) => /(^|\.)domain$/.test(name);

/** The parameters and buffers of a module by the names that they have in a golden file. */
export function goldenState(module: Module): Record<string, Tensor> {
  return Object.fromEntries(
    [...module.stateDict()].flatMap(([name, tensor]): [string, Tensor][] => {
      // Of a polynomial PyTorch has the coefficients; what they mean follows from the attributes of the case.
      if (isDomain(name)) return [];
      const split = name.lastIndexOf('.') + 1;
      const last = name.slice(split);
      const isNormalization = tensor instanceof Parameter && tensor.role === 'normalization';
      const renamed = (isNormalization ? normalizationNames.get(last) : undefined) ?? statisticsNames.get(last) ?? last;
      return [[name.slice(0, split) + renamed, tensor]];
    }),
  );
}

/** Puts parameters and buffers of a case into a module; every one of the module must be there, and no other. */
export function loadGoldenState(module: Module, golden: GoldenCase, given: Readonly<Record<string, Tensor>>): void {
  const ownNames = new Map(Object.entries(goldenState(module)).map(([name, tensor]) => [tensor, name]));
  const stored = Object.keys({ ...golden.parameters, ...golden.buffers });
  const own = new Map([...module.stateDict()].map(([name, tensor]) => [ownNames.get(tensor)!, name]));
  const domains = [...module.stateDict()].filter(([name]) => isDomain(name));
  module.loadStateDict(
    new Map([...domains, ...stored.map((name): [string, Tensor] => [own.get(name) ?? name, given[name]!])]),
  );
}
