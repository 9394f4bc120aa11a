import { expect, test } from 'vitest';
import { withPrimes } from '../../src/ckks/parameters.js';
import { openSeal } from '../../src/seal/library.js';
import { ModulusChain, readCiphertext, readGaloisKeys, readRelinearizationKey } from '../../src/seal-format/index.js';

/** A second ciphertext or key part of one seed and one secret would give away the difference of their contents. */
test('no seed comes twice: not in keys, not in ciphertexts of one input, not in another instance', async () => {
  const parameters = withPrimes({ degree: 4096, bits: [30, 30, 40] });
  const chain = new ModulusChain(parameters);
  const seeds: string[] = [];
  const secrets: string[] = [];
  const note = (seed: Uint8Array | undefined) => seeds.push(Buffer.from(seed!).toString('hex'));
  for (let instance = 0; instance < 2; instance++) {
    const context = (await openSeal()).context(parameters);
    const secret = context.createSecretKey();
    secrets.push(Buffer.from(context.saveSecretKey(secret)).toString('hex'));
    for (let repetition = 0; repetition < 2; repetition++) {
      for (const { seed } of readRelinearizationKey(context.createRelinearizationKeys(secret), chain)) note(seed);
      for (const parts of readGaloisKeys(context.createGaloisKeys(secret, [1, 2]), chain).values()) {
        for (const { seed } of parts) note(seed);
      }
      const plaintext = context.encode(Float64Array.of(1, 2, 3), 2 ** 30);
      for (let i = 0; i < 4; i++) note(readCiphertext(context.encrypt(plaintext, secret), chain).seed);
      plaintext.delete();
    }
    secret.delete();
    context.delete();
  }
  expect(seeds).toHaveLength(2 * 2 * (2 + 4 + 4));
  expect(new Set(seeds).size).toBe(seeds.length);
  expect(new Set(secrets).size).toBe(secrets.length);
});
