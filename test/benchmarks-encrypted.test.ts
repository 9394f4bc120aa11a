import { SealEvaluator, WasmEvaluator } from '@pnn/he';
import { enableRelaxedSimd } from '@pnn/nn/node';
import { expect, test } from 'vitest';
import { checkOf, difference } from '../benchmarks/check.js';
import { prepareEncrypted } from '../benchmarks/encrypted.js';
import { CannotError, Performer } from '../benchmarks/subject.js';
import type { EncryptedNetworkWork, EncryptedWork } from '../benchmarks/work.js';

enableRelaxedSimd();

const parameters = { kind: 'encrypted', degree: 8192, bits: [45, 40, 50] } as const;
const works: EncryptedWork[] = [
  { ...parameters, operation: 'rotate', rotations: 1 },
  { ...parameters, operation: 'rotate many', rotations: 2 },
  { ...parameters, operation: 'multiply plain', rotations: 0 },
  { ...parameters, operation: 'square', rotations: 0 },
];

test.each(works)('$operation: SEAL and our evaluator get the same numbers, each with keys of its own', async (work) => {
  const ours = await prepareEncrypted(work, (_, primes, keys) => new WasmEvaluator(primes, keys, { threads: 1 }));
  const theirs = await prepareEncrypted(work, (context, primes, keys) => new SealEvaluator(context, primes, keys));
  const checks = [ours, theirs].map(async ({ run, outputs }) => {
    run();
    return (await outputs()).map(checkOf);
  });
  const [own, seal] = await Promise.all(checks);
  expect(own!.length).toBe(Math.max(1, work.rotations));
  expect(own![0]!.magnitude).toBeGreaterThan(0.1);
  expect(difference(own!, seal!)).toBeUndefined();
  for (const { dispose } of [ours, theirs]) dispose!();
});

test.each<Omit<EncryptedNetworkWork, 'kind'>>([
  { network: 'mlp', degree: 2, size: 28, images: 'one' },
  { network: 'mlp', degree: 2, size: 3, images: 'batch' },
])('whole networks, $network, images: $images: SEAL and our evaluator get the same scores', async (network) => {
  const work = { kind: 'encrypted network', ...network } as const;
  const ours = await prepareEncrypted(work, (_, primes, keys) => new WasmEvaluator(primes, keys, { threads: 1 }));
  const theirs = await prepareEncrypted(work, (context, primes, keys) => new SealEvaluator(context, primes, keys));
  const [own, seal] = await Promise.all([ours, theirs].map(async ({ outputs }) => (await outputs()).map(checkOf)));
  expect(own![0]!.magnitude).toBeGreaterThan(0.1);
  expect(difference(own!, seal!)).toBeUndefined();
  for (const { dispose } of [ours, theirs]) dispose!();
});

test('who does not compute on ciphertexts says so', async () => {
  const prepare = () => {
    throw new CannotError('nothing else either');
  };
  expect(await new Performer({ prepare }).answer({ prepare: works[0]! })).toEqual({
    cannot: 'it does not compute on ciphertexts',
  });
});
