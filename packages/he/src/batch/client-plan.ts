import { count, type Decoder, list, number, object, oneOf, refine, refuse } from '@pnn/pnn/codec';
import { at, bits, box, degree, hash, positive, shape } from '../protocol/fields.js';
import type { BatchClientPlan } from './plan.js';

/** Ciphertexts that a plan may ask for, and answer with. */
const MAX_CIPHERTEXTS = 65536;

/** Reads the form of a plan for batches that a server sends. */
export const batchClientPlan: Decoder<BatchClientPlan> = object<BatchClientPlan>({
  version: oneOf(1),
  layout: oneOf('batch'),
  hash,
  degree,
  bits,
  inputShape: shape,
  box,
  elements: refine(
    list(count),
    `1 to ${MAX_CIPHERTEXTS} elements, each once, in their order`,
    (elements) =>
      elements.length > 0 &&
      elements.length <= MAX_CIPHERTEXTS &&
      elements.every((element, i) => i === 0 || element > elements[i - 1]!),
  ),
  input: at,
  output: at,
  rotations: refine(list(count), 'no rotations', ({ length }) => length === 0),
  refreshes: list<never>((value, path) => refuse(value, path, 'no refresh')),
  logits: refine(count, `1 to ${MAX_CIPHERTEXTS} logits`, (value) => value > 0 && value <= MAX_CIPHERTEXTS),
  largestLogit: positive,
  errorBound: number,
});
