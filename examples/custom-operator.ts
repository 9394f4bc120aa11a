import { checkGradients, customOperator, requireGrad } from '@pnn/autograd';
import { tensor } from '@pnn/tensor';

/** A step; its gradient is that of a sigmoid of this steepness, so that a network can learn through it. */
const spike = customOperator<{ readonly steepness: number }>({
  name: 'spike',
  forward: ([x]) => x!.greater(0).cast(x!.dtype),
  vjps: [
    (gradient, call) => {
      const { steepness } = call.attributes;
      const s = call.input(0).mul(steepness).sigmoid();
      return gradient.mul(s).mul(s.neg().add(1)).mul(steepness);
    },
  ],
});

const x = requireGrad(tensor([-1, 0.5, 3]));
const y = spike([x], { steepness: 2 });
console.log(`step  ${y}`);
y.sum().backward();
console.log(`slope ${x.grad}`);

/** x³, with a derivative that is right: a check would throw otherwise. */
const cube = customOperator({
  name: 'cube',
  forward: ([a]) => a!.square().mul(a!),
  vjps: [(gradient, call) => gradient.mul(call.input(0).square().mul(3))],
});
checkGradients((a) => cube([a]), [tensor(Float64Array.of(1, -2, 0.5))], { order: 2 });
