/** What the two tables of 128-bit security allow, and that plans and clients keep to the one that is asked for. */
import { expect, test } from 'vitest';
import { isSecure, MODULUS_BITS, modulusBits } from '../../src/ckks/parameters.js';
import { EncryptedClient } from '../../src/client/client.js';
import { PlanError } from '../../src/errors.js';
import { securityOf } from '../../src/plan/format.js';
import { candidates, DEGREES } from '../../src/plan/make-plan.js';
import { RecordedServer } from '../node/recorded-server.js';
import { smallPlan } from '../node/small-network.js';

test.each(['standard', 'guidelines'] as const)(
  'no candidate of the planner has more bits than the %s allow',
  (security) => {
    for (const degree of DEGREES) {
      for (let levels = 1; levels < 20; levels++) {
        for (const parameters of candidates(degree, levels, {
          precision: 1,
          maxPrimeBits: 60,
          refresh: false,
          security,
        })) {
          expect(modulusBits(parameters)).toBeLessThanOrEqual(MODULUS_BITS[security][degree]!);
          expect(isSecure(parameters, security)).toBe(true);
        }
      }
    }
  },
);

test('the guidelines are stricter, and say nothing of an N that they do not have', () => {
  const parameters = { degree: 8192, bits: [60, 60, 60, 38] };
  expect(isSecure(parameters, 'standard')).toBe(true);
  expect(isSecure(parameters, 'guidelines')).toBe(false);
  expect(isSecure({ degree: 2048, bits: [20, 20] }, 'standard')).toBe(false);
});

test.each([
  [[60, 60, 60, 34], '128-bit secure by the standard of 2018 and the guidelines of 2024'],
  [[60, 60, 60, 38], '128-bit secure by the standard of 2018'],
  [[60, 60, 60, 39], 'not known to be 128-bit secure'],
])('with N = 8192, primes of %j bits are %s', (bits, expected) => {
  expect(securityOf({ degree: 8192, bits })).toBe(expected);
});

test('another table is refused, where a plan is made and where a client connects', async () => {
  const security = 'nist' as 'standard';
  const error = new PlanError('security must be one of standard, guidelines, not "nist"');
  await expect(smallPlan({ security })).rejects.toThrow(error);
  await expect(EncryptedClient.connect('http://127.0.0.1:1', { security })).rejects.toThrow(error);
});

test('a client that asks for the guidelines refuses a plan that is secure by the standard alone', async () => {
  const { plan } = await smallPlan({ security: 'guidelines' });
  expect(isSecure(plan.parameters, 'guidelines')).toBe(true);
  const own = plan.client();
  const [first, ...rest] = own.bits;
  const server = await RecordedServer.start({ ...own, bits: [first! + 218 - modulusBits(own), ...rest] });
  await expect(EncryptedClient.connect(server.url, { security: 'guidelines' })).rejects.toThrow(PlanError);
  await expect(EncryptedClient.connect(server.url, { security: 'guidelines' })).rejects.toThrow(
    'have 218 bits, and N = 8192 is secure up to 214 by the guidelines',
  );
  (await EncryptedClient.connect(server.url)).dispose();
  await server.close();
});
