import { grad, requireGrad } from '@pnn/autograd';
import { maskedSelect, tensor } from '@pnn/tensor';
import { expect, it } from 'vitest';

it('gradients flow to what maskedSelect selects, through broadcasting too, and again through them', async () => {
  const x = requireGrad(tensor([1, 2, 3], { dtype: 'float64' }));
  const mask = tensor([
    [true, false, true],
    [true, true, false],
  ]);
  const selected = await maskedSelect(x, mask);
  const [gradient] = grad(selected.square().sum(), [x], { createGraph: true });
  expect([...gradient!.dataSync()]).toEqual([4, 4, 6]);
  const [second] = grad(gradient!.square().sum(), [x]);
  // (4x)², (2x)² and (2x)² have the derivatives 32x, 8x and 8x.
  expect([...second!.dataSync()]).toEqual([32, 16, 24]);
});
