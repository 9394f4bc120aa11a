/** That the trial of kernels tries each of them, and that a fault of any shows in its bytes. */
import { enableRelaxedSimd } from '@pnn/nn/node';
import { afterEach, expect, test, vi } from 'vitest';
import { compile, type KernelName } from '../../src/evaluator/kernels.js';
import { Team } from '../../src/evaluator/team.js';
import { sampleBits } from '../../src/node/kernel-sample.js';

enableRelaxedSimd();
const module = compile('relaxedSimd');
const kernels = WebAssembly.Module.exports(module)
  .map(({ name }) => name as KernelName)
  .filter((name) => (name as string) !== 'isFused');
const bits = sampleBits(module);

afterEach(() => vi.restoreAllMocks());

test('the same numbers are computed every time', () => {
  expect(Buffer.compare(sampleBits(module), bits)).toBe(0);
});

test.each(kernels)('a block of %s that is not computed is seen', (kernel) => {
  const { run } = Team.prototype;
  const without = vi.spyOn(Team.prototype, 'run').mockImplementation(function (this: Team, name, blocks, ...task) {
    run.call(this, name, name === kernel ? blocks - 1 : blocks, ...task);
  });
  expect(Buffer.compare(sampleBits(module), bits)).not.toBe(0);
  expect(without.mock.calls.map(([name]) => name)).toContain(kernel);
});
