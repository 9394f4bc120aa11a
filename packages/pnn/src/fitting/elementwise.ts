import { customOperator } from '@pnn/autograd';
import { ArgumentError, type Tensor, tensor } from '@pnn/tensor';

/** The step of a difference for |x| ≤ 1: where the error of the difference and that of rounding are alike. */
const STEP = Number.EPSILON ** (1 / 3);

/** The slope by the difference of two values around x. */
function slopeOf(f: (x: number) => number): (x: number) => number {
  return (x) => {
    const step = STEP * Math.max(1, Math.abs(x));
    return (f(x + step) - f(x - step)) / (2 * step);
  };
}

/**
 * A function of one number applied to every element of a tensor, one after the other on the processor; its derivatives
 * are central differences.
 *
 * @param name for messages
 * @throws ArgumentError (from the function) where the device of the tensor cannot be read at once
 */
export function elementwise(name: string, f: (x: number) => number): (x: Tensor) => Tensor {
  const operator = customOperator({
    name,
    forward: ([x]) => {
      const { device, shape, dtype } = x!;
      if (!device.memory.readNow) {
        throw new ArgumentError(
          `${name}: a function of numbers cannot be computed on ${device.name}: ` +
            'targets.register() it with the operations of tensors that it consists of, and give its name',
        );
      }
      return tensor(
        x!.dataSync().map((value) => f(value)),
        { shape, dtype, device },
      );
    },
    vjps: [(gradient, call) => gradient.mul(elementwise(name, slopeOf(f))(call.input(0)))],
  });
  return (x) => operator([x]);
}
