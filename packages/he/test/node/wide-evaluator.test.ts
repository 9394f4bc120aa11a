import { compileWideObstacle } from '@pnn/nn/node';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PlatformError } from '../../src/index.js';
import { enableWideEvaluator } from '../../src/node/index.js';
import * as sample from '../../src/node/kernel-sample.js';

const obstacle = compileWideObstacle();

afterEach(() => {
  vi.restoreAllMocks();
});

test.skipIf(obstacle === undefined)('where V8 joins no vectors, the error says why', () => {
  expect(() => enableWideEvaluator()).toThrow(new PlatformError(`enableWideEvaluator: ${obstacle}`));
});

describe.skipIf(obstacle !== undefined)('where V8 joins vectors', () => {
  test('kernels that give other bits are left alone, and a line says so', () => {
    let turn = 0;
    vi.spyOn(sample, 'sampleBits').mockImplementation(() => Uint8Array.of(turn++));
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(enableWideEvaluator()).toBe(false);
    expect(said.mock.calls).toEqual([['WasmEvaluator: kernels compute with 128 bits: with 256, they give other bits']]);
  });

  test('they give the same bits, and the next evaluators take them', () => {
    expect(enableWideEvaluator()).toBe(true);
    const compared = vi.spyOn(sample, 'sampleBits');
    expect(enableWideEvaluator()).toBe(true);
    expect(compared).not.toHaveBeenCalled();
  });
});
