import { apply, type Device, operators, scope, type Tensor, tensor } from '@pnn/nn';
import { uniform } from '../inputs.js';
import type { Contestant, PreparedWork } from './contestant.js';
import { convolutionSides } from './convolution-sides.js';
import type { WebGpuWork } from './works.js';

/** What is launched, over which inputs; the first result is compared. */
interface Task {
  readonly inputs: readonly Tensor[];
  readonly launch: () => readonly Tensor[];
}

function taskOf(device: Device, work: WebGpuWork): Task {
  let seed = 1;
  const input = (shape: readonly number[], low = -1, high = 1): Tensor =>
    tensor(
      uniform(
        shape.reduce((size, length) => size * length, 1),
        seed++,
        low,
        high,
      ),
      { device },
    ).reshape(shape);
  switch (work.kind) {
    case 'matmul': {
      const inputs = [input([work.side, work.side]), input([work.side, work.side])];
      return { inputs, launch: () => [inputs[0]!.matmul(inputs[1]!)] };
    }
    case 'conv forward':
    case 'conv input gradient':
    case 'conv weight gradient': {
      const sides = convolutionSides(work);
      const { geometry } = sides;
      const [x, weight, gradient] = [input(sides.x), input(sides.weight), input(sides.gradient)];
      const launches = {
        'conv forward': () => apply(operators.conv2d, [x, weight, undefined], geometry),
        'conv input gradient': () =>
          apply(operators.conv2dInputGradient, [gradient, weight], { ...geometry, shape: sides.x }),
        'conv weight gradient': () =>
          apply(operators.conv2dWeightGradient, [gradient, x], { ...geometry, shape: sides.weight }),
      };
      return { inputs: [x, weight, gradient], launch: launches[work.kind] };
    }
    case 'polynomial forward':
    case 'polynomial backward': {
      const { count, bound, evenTerms } = work;
      const x = input([count], -bound, bound);
      const gradient = input([count]);
      const penaltyGradient = input([]);
      const coefficients = tensor([...work.coefficients], { device });
      const penalty = { form: 'exponential', limit: bound, cap: 10 } as const;
      const form = { basis: 'even-odd', evenTerms, bound, outside: 'tangent', penalty } as const;
      return {
        inputs: [x, gradient, penaltyGradient, coefficients],
        launch:
          work.kind === 'polynomial forward'
            ? () => apply(operators.polynomial, [x, coefficients], form)
            : () =>
                apply(operators.polynomialGradient, [gradient, penaltyGradient, x, coefficients], {
                  ...form,
                  learnable: true,
                }),
      };
    }
    case 'small kernels': {
      const inputs = [input([work.count]), input([work.count])];
      const launch = (): readonly Tensor[] => {
        let sum = inputs[0]!;
        for (let call = 0; call < work.calls; call++) sum = sum.add(inputs[1]!);
        return [sum];
      };
      return { inputs, launch };
    }
  }
}

/** This library on one of its devices. */
export function onDevice(name: string, device: Device): Contestant {
  const prepare = (work: WebGpuWork): PreparedWork => {
    const { inputs, launch } = taskOf(device, work);
    /** The first number of the first result comes when everything before it is done. */
    const run = async (): Promise<void> => {
      const first = scope(() =>
        launch()[0]!
          .reshape([-1])
          .slice([[0, 1]]),
      );
      await first.data();
      first.dispose();
    };
    const result = async (): Promise<ArrayLike<number>> => {
      const first = scope(() => launch()[0]!);
      const data = await first.data();
      first.dispose();
      return data;
    };
    const dispose = (): void => {
      for (const each of inputs) each.dispose();
    };
    return { run, result, dispose };
  };
  return { name, prepare };
}
