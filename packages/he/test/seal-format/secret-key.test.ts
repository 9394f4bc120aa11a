import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mutations } from '../../../tensor/test/mutations.js';
import { withPrimes } from '../../src/ckks/parameters.js';
import { MalformedError } from '../../src/errors.js';
import { openSeal } from '../../src/seal/library.js';
import { checkSecretKey, ModulusChain } from '../../src/seal-format/index.js';

test('a secret key of SEAL is taken; what SEAL would not load is refused before', async () => {
  const parameters = withPrimes({ degree: 4096, bits: [30, 30, 40] });
  const context = (await openSeal()).context(parameters);
  const chain = new ModulusChain(parameters);
  const secret = context.createSecretKey();
  const bytes = context.saveSecretKey(secret);
  checkSecretKey(bytes, chain);
  const other = new ModulusChain(withPrimes({ degree: 4096, bits: [31, 30, 40] }));
  expect(() => checkSecretKey(bytes, other)).toThrow('belongs to other encryption parameters');
  fc.assert(
    fc.property(mutations, (change) => {
      const changed = change(bytes);
      try {
        checkSecretKey(changed, chain);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
        return;
      }
      context.loadSecretKey(changed).delete();
    }),
    { numRuns: 60 },
  );
  secret.delete();
  context.delete();
});
