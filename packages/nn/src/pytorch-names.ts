import type { Tensor } from '@pnn/tensor';
import { Parameter } from './parameter.js';
import { StateDictError } from './state-dict.js';

/** Parameters and buffers that PyTorch gives other names. */
const OTHER_NAMES = new Map([
  ['runningVariance', 'running_var'],
  ['batchesTracked', 'num_batches_tracked'],
]);

/** What PyTorch calls the parameters of a normalization. */
const NORMALIZATION_NAMES = new Map([
  ['gamma', 'weight'],
  ['beta', 'bias'],
]);

/**
 * What PyTorch calls the parameter or buffer with this full name: every part in snake_case, so that
 * `encoder.selfAttention.inProjWeight` is `encoder.self_attention.in_proj_weight` and `rnn.weightIhL0` is
 * `rnn.weight_ih_l0`; but `gamma` and `beta` with the role `normalization` are `weight` and `bias`, `runningVariance` is
 * `running_var`, and `batchesTracked` is `num_batches_tracked`. A layer whose parameters have the names of PyTorch in
 * camelCase needs nothing else.
 */
export function pyTorchName(name: string, tensor: Tensor): string {
  const parts = name.split('.');
  const last = parts.pop()!;
  const normalizes = tensor instanceof Parameter && tensor.role === 'normalization';
  const renamed = (normalizes ? NORMALIZATION_NAMES.get(last) : undefined) ?? OTHER_NAMES.get(last) ?? last;
  return [...parts, renamed].map(snakeCase).join('.');
}

function snakeCase(name: string): string {
  return name.replace(/(?<=[A-Za-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

/**
 * The tensors of a module under the names of PyTorch, for its `load_state_dict`: see `pyTorchName`. The way back needs the
 * module, and is the option `names` of `loadStateDict`.
 *
 * @throws StateDictError where two get the same name
 */
export function toPyTorchNames(state: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const renamed = new Map<string, Tensor>();
  const ours = new Map<string, string>();
  for (const [name, tensor] of state) {
    const theirs = pyTorchName(name, tensor);
    const other = ours.get(theirs);
    if (other !== undefined) {
      throw new StateDictError(`toPyTorchNames: ${other} and ${name} would both be called ${theirs}: rename one`);
    }
    ours.set(theirs, name);
    renamed.set(theirs, tensor);
  }
  return renamed;
}
