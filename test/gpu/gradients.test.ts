import { gpu } from '@pnn/tensor/gpu';
import { describe, test } from 'vitest';
import { nodeModes } from '../../packages/tensor/test/gpu/modes.js';
import { checkGradientCase, gradientCases } from './gradients.js';

describe.each(nodeModes)('gradients in mode %s', (mode) => {
  const runs = mode === 'webasm' || mode === 'cpu' ? 8 : 2;

  test.each(Object.keys(gradientCases))('%s', async (name) => {
    await checkGradientCase(await gpu({ mode }), name, runs);
  });
});
