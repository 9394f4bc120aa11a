import { count, type Decoder, decodeJson, list, number, object, oneOf, refine } from '@pnn/pnn/codec';
import { batchClientPlan } from '../batch/client-plan.js';
import type { BatchClientPlan } from '../batch/plan.js';
import { type ParametersWithPrimes, withPrimes } from '../ckks/parameters.js';
import { MalformedError } from '../errors.js';
import type { ClientPlan } from '../plan/plan.js';
import { at, bits, box, degree, hash, integer, positive, shape } from './fields.js';
import { weaknessOf } from './plan-limits.js';

/** Ciphertexts that a plan may ask for; rotations; and refreshes, each with its ciphertexts. */
const MAX_GATHERS = 4096;
const MAX_ROTATIONS = 4096;
const MAX_REFRESHES = 256;
const MAX_REFRESHED = 1024;
/** Ciphertexts of a result. */
const MAX_RESULTS = 1024;

const decoder: Decoder<ClientPlan> = object<ClientPlan>({
  version: oneOf(1),
  layout: oneOf('single'),
  hash,
  degree,
  bits,
  inputShape: shape,
  box,
  gathers: refine(
    list(list(integer)),
    `1 to ${MAX_GATHERS} lists`,
    ({ length }) => length > 0 && length <= MAX_GATHERS,
  ),
  input: at,
  rotations: refine(list(count), `at most ${MAX_ROTATIONS} numbers`, ({ length }) => length <= MAX_ROTATIONS),
  output: object<ClientPlan['output']>({
    level: count,
    scale: positive,
    places: list(integer),
    period: count,
    ciphertexts: count,
  }),
  refreshes: refine(
    list(
      object<ClientPlan['refreshes'][number]>({
        level: count,
        scale: positive,
        ciphertexts: refine(count, `1 to ${MAX_REFRESHED}`, (value) => value > 0 && value <= MAX_REFRESHED),
        largest: number,
      }),
    ),
    `at most ${MAX_REFRESHES} refreshes`,
    ({ length }) => length <= MAX_REFRESHES,
  ),
  largestLogit: number,
  errorBound: number,
});

const eitherPlan: Decoder<ClientPlan | BatchClientPlan> = (value, path) =>
  (value as { readonly layout?: unknown } | null)?.layout === 'batch'
    ? batchClientPlan(value, path)
    : decoder(value, path);

function check(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new MalformedError(`the plan of the server: ${problem}`);
}

/**
 * Reads the plan that a server sends. What would make a client insecure or send it out of bounds is refused: primes that are
 * not 128-bit secure, scales that would make it an oracle, elements that are not in the input, slots that there are not.
 *
 * @throws MalformedError where it is not a plan
 */
export function decodeClientPlan(json: string): ClientPlan | BatchClientPlan {
  let plan: ClientPlan | BatchClientPlan;
  let parameters: ParametersWithPrimes;
  try {
    plan = decodeJson(json, eitherPlan, 'the plan of the server');
    parameters = withPrimes(plan);
  } catch (error) {
    throw new MalformedError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const slots = plan.degree / 2;
  const size = plan.inputShape.reduce((product, length) => product * length, 1);
  const levels = plan.bits.length - 2;
  check(
    [plan.input, plan.output, ...plan.refreshes].every(({ level }) => level <= levels),
    'a level is not one of the parameters',
  );
  const weakness = weaknessOf(plan, parameters);
  check(weakness === undefined, weakness ?? '');
  if (plan.layout === 'batch') {
    check(plan.elements.at(-1)! < size, 'an element is asked for that the input does not have');
    return plan;
  }
  check(
    plan.gathers.every((gather) => gather.length === slots && gather.every((i) => i >= -1 && i < size)),
    'an element is asked for that the input does not have',
  );
  check(
    plan.gathers.every((gather) => gather.some((i) => i >= 0)),
    'a ciphertext of nothing is asked for',
  );
  const { places, period, ciphertexts } = plan.output;
  check(slots % period === 0, 'the period of the result does not divide its slots');
  check(
    places.every((place) => place >= 0 && place < slots * ciphertexts && (ciphertexts > 1 || place < period)),
    'a logit is in a slot that there is not',
  );
  check(
    plan.rotations.every((step) => step > 0 && step < slots),
    'a rotation is longer than a ciphertext',
  );
  check(
    ciphertexts > 0 && ciphertexts <= MAX_RESULTS && places.length <= slots * ciphertexts,
    `a result of ${places.length} logits in ${ciphertexts} ciphertexts`,
  );
  return plan;
}
