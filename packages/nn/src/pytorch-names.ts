import { StateDictError } from './state-dict.js';

/** Parameters and buffers that PyTorch gives other names. */
const OTHER_NAMES = new Map([
  ['gamma', 'weight'],
  ['beta', 'bias'],
  ['runningVariance', 'running_var'],
  ['batchesTracked', 'num_batches_tracked'],
]);

/**
 * What PyTorch calls the parameter or buffer with this full name: every part in snake_case, so that
 * `encoder.selfAttention.inProjWeight` is `encoder.self_attention.in_proj_weight` and `rnn.weightIhL0` is
 * `rnn.weight_ih_l0`; but `gamma` and `beta` are `weight` and `bias`, `runningVariance` is `running_var`, and `batchesTracked`
 * is `num_batches_tracked`. A layer whose parameters have the names of PyTorch in camelCase needs nothing else.
 */
export function pyTorchName(name: string): string {
  const parts = name.split('.');
  const last = parts.pop()!;
  return [...parts, OTHER_NAMES.get(last) ?? last].map(snakeCase).join('.');
}

function snakeCase(name: string): string {
  return name.replace(/(?<=[A-Za-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

/**
 * The same values under the names of PyTorch, for its `load_state_dict`: see `pyTorchName`. The way back needs the module,
 * and is the option `names` of `loadStateDict`.
 *
 * @throws StateDictError where two get the same name
 */
export function toPyTorchNames<T>(state: ReadonlyMap<string, T>): Map<string, T> {
  const renamed = new Map<string, T>();
  const ours = new Map<string, string>();
  for (const [name, value] of state) {
    const theirs = pyTorchName(name);
    const other = ours.get(theirs);
    if (other !== undefined) {
      throw new StateDictError(`toPyTorchNames: ${other} and ${name} would both be called ${theirs}: rename one`);
    }
    ours.set(theirs, name);
    renamed.set(theirs, value);
  }
  return renamed;
}
