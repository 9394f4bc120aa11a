import { buildModel } from '@pnn/models';
import { type HostArray, Linear, type Module, StateDictError, setSeed, toHostArrays } from '@pnn/nn';
import { activationFactory, polynomialActivations } from '@pnn/pnn';
import { describe, expect, it } from 'vitest';
import { Experiment } from '../../src/experiment/experiment.js';
import { beginWith, type StartingPoint } from '../../src/experiment/starting-point.js';
import { toySpec, toySplits } from './toy-images.js';

const spec = toySpec({ epochs: 1 });
const data = toySplits();
const classes = 3;

function networkFor(outputs: number, widths: readonly number[] = spec.model.widths): Module {
  setSeed(5);
  const { inputShape } = data.train;
  return buildModel({ ...spec.model, widths }, { inputShape, outputs, activation: activationFactory(spec.method) });
}

async function trained(start?: StartingPoint, of = spec): Promise<ReadonlyMap<string, HostArray>> {
  const experiment = new Experiment(of, data, {}, start);
  for await (const _ of experiment.run());
  const state = await toHostArrays(experiment.network.stateDict());
  experiment.dispose();
  return state;
}

function bytes(array: HostArray | undefined): Buffer {
  const { buffer, byteOffset, byteLength } = array!.data;
  return Buffer.from(buffer, byteOffset, byteLength);
}

describe('a training that begins with another network', () => {
  it('has its tensors: all of them, or all but the polynomials', async () => {
    const first = await trained();
    for (const polynomials of ['kept', 'new'] as const) {
      const network = networkFor(classes);
      const before = await toHostArrays(network.stateDict());
      beginWith(network, { tensors: first, polynomials, frozen: false });
      const names = polynomialActivations(network).map(([name]) => `${name}.`);
      for (const [name, array] of await toHostArrays(network.stateDict())) {
        const isOwn = polynomials === 'new' && names.some((prefix) => name.startsWith(prefix));
        expect(Buffer.compare(bytes(array), bytes((isOwn ? before : first).get(name))), name).toBe(0);
      }
      network.dispose();
    }
  });

  it('changes the last layer alone if it is frozen', async () => {
    const first = await trained();
    const polynomial = { ...spec.method.polynomial!, bound: { kind: 'fixed', bound: 10 } as const };
    const fixed = { ...spec, method: { ...spec.method, polynomial } };
    const second = await trained({ tensors: first, polynomials: 'kept', frozen: true }, fixed);
    const network = networkFor(classes);
    const [head] = [...network.namedModules()].findLast(([, module]) => module instanceof Linear)!;
    for (const [name] of network.namedParameters()) {
      const isChanged = Buffer.compare(bytes(first.get(name)), bytes(second.get(name))) !== 0;
      expect(isChanged, name).toBe(name.startsWith(`${head}.`));
    }
    for (const [name] of polynomialActivations(network)) {
      for (const [key, array] of first) {
        if (key.startsWith(`${name}.`)) expect(Buffer.compare(bytes(array), bytes(second.get(key))), key).toBe(0);
      }
    }
    network.dispose();
  });

  it('keeps a last layer of its own for other outputs, and refuses another model', async () => {
    const first = await toHostArrays(networkFor(classes).stateDict());
    const other = networkFor(classes + 3);
    const before = await toHostArrays(other.stateDict());
    beginWith(other, { tensors: first, polynomials: 'new', frozen: false });
    const [head] = [...other.namedModules()].findLast(([, module]) => module instanceof Linear)!;
    for (const [name, array] of await toHostArrays(other.stateDict())) {
      if (name.startsWith(`${head}.`)) expect(Buffer.compare(bytes(array), bytes(before.get(name)))).toBe(0);
    }
    const wider = networkFor(classes, [7, 5]);
    expect(() => beginWith(wider, { tensors: first, polynomials: 'new', frozen: false })).toThrow(StateDictError);
  });
});
