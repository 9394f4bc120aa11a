import type { ParametersWithPrimes } from '../ckks/parameters.js';
import type { At } from '../plan/activation.js';
import type { ClientPlan } from '../plan/plan.js';
import { ciphertextBytes } from '../seal-format/ciphertext.js';
import { PARMS_ID_BYTES } from '../seal-format/encryption-parameters.js';
import { HEADER_BYTES } from '../seal-format/header.js';
import { ModulusChain } from '../seal-format/modulus-chain.js';

const WORD = 8;

/** How long each message of a plan is, to the byte: no other length is read. */
export interface Lengths {
  /** The relinearization key, with seeds. */
  readonly relinearization: number;
  /** The rotation keys, with seeds; 0 where there are no rotations. */
  readonly galois: number;
  /** One ciphertext of an input, with its seed. */
  readonly upload: number;
  /** One ciphertext of a result. */
  readonly download: number;
  /** For each refresh one of its ciphertexts; it comes back as long as one of an input. */
  readonly refreshes: readonly number[];
}

/** The lengths of the messages of a plan. */
export function lengthsOf(
  parameters: ParametersWithPrimes,
  plan: {
    readonly input: At;
    readonly output: At;
    readonly rotations: readonly number[];
    readonly refreshes: readonly At[];
  },
): Lengths {
  const chain = new ModulusChain(parameters);
  const { degree } = parameters;
  const parts = chain.keyLimbs - 1;
  const key = WORD + parts * ciphertextBytes(chain, chain.keyLimbs, 2, true);
  const front = HEADER_BYTES + PARMS_ID_BYTES + WORD;
  const keys = plan.rotations.length;
  return {
    relinearization: front + key,
    // SEAL keeps room for the keys of all N Galois elements.
    galois: keys === 0 ? 0 : front + keys * key + (degree - keys) * WORD,
    upload: ciphertextBytes(chain, plan.input.level + 1, 2, true),
    download: ciphertextBytes(chain, plan.output.level + 1, 2, false),
    refreshes: plan.refreshes.map(({ level }) => ciphertextBytes(chain, level + 1, 2, false)),
  };
}

/** How many ciphertexts a client sends in each stage of a run: those of the input, then those of each refresh. */
export function ciphertextsOf({ gathers, refreshes }: Pick<ClientPlan, 'gathers' | 'refreshes'>): number[] {
  return [gathers.length, ...refreshes.map(({ ciphertexts }) => ciphertexts)];
}

/** Cuts bytes into parts of one length. */
export function partsOf(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: bytes.length / length }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

/** Puts parts one after another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
