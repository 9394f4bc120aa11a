import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type Module } from '@pnn/nn';
import type { Tensor } from '@pnn/tensor';
import type { GoldenCase } from './load.js';

/** PyTorch's names of the state of BatchNorm by ours. */
const batchNormNames: Readonly<Record<string, string>> = {
  gamma: 'weight',
  beta: 'bias',
  runningMean: 'runningMean',
  runningVariance: 'runningVar',
  batchesTracked: 'numBatchesTracked',
};

const isDomain = (name: string) => /(^|\.)domain$/.test(name);

/** The parameters and buffers of a module by the names that they have in a golden file. */
export function goldenState(module: Module): Record<string, Tensor> {
  const modules = new Map(module.namedModules());
  return Object.fromEntries(
    [...module.stateDict()].flatMap(([name, tensor]): [string, Tensor][] => {
      // Of a polynomial PyTorch has the coefficients; what they mean follows from the attributes of the case.
      if (isDomain(name)) return [];
      const split = name.lastIndexOf('.') + 1;
      const owner = modules.get(name.slice(0, Math.max(split - 1, 0)));
      const isBatchNorm = [BatchNorm1d, BatchNorm2d, BatchNorm3d].some((BatchNorm) => owner instanceof BatchNorm);
      return [
        [isBatchNorm ? name.slice(0, split) + batchNormNames[name.slice(split)] : name, tensor] as [string, Tensor],
      ];
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
