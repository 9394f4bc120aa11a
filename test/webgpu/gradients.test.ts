import { webgpu } from '@pnn/tensor/webgpu';
import { describe, test } from 'vitest';
import { missing } from '../../packages/tensor/test/webgpu/adapter.js';
import { checkGradientCase, gradientCases } from '../gpu/gradients.js';

describe.skipIf(missing)('gradients on webgpu', () => {
  test.each(Object.keys(gradientCases))('%s', async (name) => {
    await checkGradientCase(await webgpu({ software: true }), name, 2);
  });
});
