import { checkGradients, grad, requireGrad } from '@pnn/autograd';
import { type Tensor, tensor } from '@pnn/tensor';

const cubes = (x: Tensor) => x.pow(3).sum();

const x = requireGrad(tensor(Float64Array.of(1, 2, 3)));
const [slope] = grad(cubes(x), [x], { createGraph: true });
const [curvature] = grad(slope!.sum(), [x]);
console.log(`3x² = ${slope}`);
console.log(`6x  = ${curvature}`);

// Against finite differences, the second order too: throws where a derivative is wrong.
checkGradients(cubes, [x], { order: 2 });
