import { compileWideObstacle } from '@pnn/nn/node';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PlatformError } from '../../src/index.js';
import { enableWideEvaluator } from '../../src/node/index.js';

const obstacle = compileWideObstacle();

test.skipIf(obstacle === undefined)('where V8 joins no vectors, the error says why', () => {
  expect(() => enableWideEvaluator()).toThrow(new PlatformError(`enableWideEvaluator: ${obstacle}`));
});

describe.skipIf(obstacle !== undefined)('where V8 joins vectors', () => {
  /** The modules of a process in which nothing was tried yet. */
  const fresh = async () => {
    vi.resetModules();
    return { sample: await import('../../src/node/kernel-sample.js'), ...(await import('../../src/node/index.js')) };
  };
  afterEach(() => vi.restoreAllMocks());

  test('kernels that give other bits are left alone, which one line says', async () => {
    const process = await fresh();
    let turn = 0;
    const compared = vi.spyOn(process.sample, 'sampleBits').mockImplementation(() => Uint8Array.of(turn++));
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(process.enableWideEvaluator()).toBe(false);
    expect(process.enableWideEvaluator()).toBe(false);
    expect(said.mock.calls).toEqual([['WasmEvaluator: kernels compute with 128 bits: with 256, they give other bits']]);
    expect(compared).toHaveBeenCalledTimes(2);
  });

  test('they give the same bits, and the next evaluators take them', async () => {
    const process = await fresh();
    expect(process.enableWideEvaluator()).toBe(true);
    const compared = vi.spyOn(process.sample, 'sampleBits');
    expect(process.enableWideEvaluator()).toBe(true);
    expect(compared).not.toHaveBeenCalled();
  });
});
