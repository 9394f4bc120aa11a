import { memory, scope, tensor } from '@pnn/tensor';

const points = tensor([
  [1, 2],
  [3, 6],
  [5, 10],
]);

// Everything made inside is freed, but for what is returned.
const covariance = scope(() => {
  const centered = points.sub(points.mean(0));
  return centered.matmul(centered, { transposeA: true }).div(points.shape[0]! - 1);
});

console.log(`covariance ${covariance}`);
console.log(`${memory().tensors} tensors are alive`);
