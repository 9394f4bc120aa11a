import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { mutations } from '../../../tensor/test/mutations.js';
import { MalformedError } from '../../src/errors.js';
import { ModulusChain, readEncryptionParameters } from '../../src/seal-format/index.js';
import { rewritten } from './messages.js';
import { type Samples, sealSamples } from './samples.js';

let samples: Samples;
let chain: ModulusChain;

beforeAll(async () => {
  samples = await sealSamples(1024, [27, 20, 30]);
  chain = new ModulusChain(readEncryptionParameters(samples.parameters));
});

const changes = fc.array(mutations, { minLength: 1, maxLength: 3 });

/** What reading gives; undefined where it is refused by a sentence, and never another error. */
function attempted<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return undefined;
  }
}

test('changed messages are refused, or are what SEAL takes and what is written again', () => {
  fc.assert(
    fc.property(fc.nat(samples.all.length - 1), changes, (index, each) => {
      const { kind, bytes } = samples.all[index]!;
      const message = each.reduce((before, mutate) => mutate(before), bytes);
      const again = attempted(() => rewritten[kind](message, chain));
      if (again === undefined) return;
      expect(Buffer.compare(again, message)).toBe(0);
      expect(samples.loads(kind, message)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

test('changed parameters are refused, or fit together', () => {
  fc.assert(
    fc.property(changes, (each) => {
      const message = each.reduce((before, mutate) => mutate(before), samples.parameters);
      const parameters = attempted(() => readEncryptionParameters(message));
      for (const prime of parameters?.primes ?? []) expect(prime % BigInt(2 * parameters!.degree)).toBe(1n);
    }),
    { numRuns: 2000 },
  );
});

test('noise is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...samples.all), (bytes, { kind }) => {
      expect(() => rewritten[kind](bytes, chain)).toThrow(MalformedError);
    }),
    { numRuns: 500 },
  );
});
