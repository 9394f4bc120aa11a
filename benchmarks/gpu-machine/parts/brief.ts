import type { PolynomialActivationForm } from '../../../packages/tensor/src/kernels.js';
import { convolutionSides } from '../../webgpu/convolution-sides.js';
import { free, type Machine, millisecondsOf, numbers } from '../machine.js';

/** A few kernels of each kind, to compare settings of WebGPU by. */
export async function brief(machine: Machine): Promise<void> {
  const { device, scale, report } = machine;
  const measure = async (work: string, operations: number, floats: number, launch: () => void): Promise<void> => {
    const ms = await millisecondsOf(machine, launch);
    report.add({ work, ms, tflops: operations / ms / 1e9, gigabytes: (4 * floats) / ms / 1e6 });
  };
  const side = scale.sides.at(-1)!;
  const [a, b] = [numbers(machine, [side, side]), numbers(machine, [side, side])];
  for (const [transposeA, transposeB] of [
    [false, false],
    [true, false],
    [false, true],
  ] as const) {
    const name = `matmul ${side}${transposeA ? ' a transposed' : ''}${transposeB ? ' b transposed' : ''}`;
    await measure(name, 2 * side ** 3, 3 * side ** 2, () => void a.matmul(b, { transposeA, transposeB }));
  }
  free(a, b);
  for (const [width, plane] of [
    [64, 32],
    [128, 16],
    [512, 4],
  ] as const) {
    const channels = Math.ceil(width / scale.thinner);
    const sides = convolutionSides({ images: scale.batch, channels, filters: channels, plane });
    const { geometry } = sides;
    const [x, weight] = [numbers(machine, sides.x), numbers(machine, sides.weight)];
    const [out, dw] = [x.clone(), weight.clone()];
    const operations = 2 * x.size * channels * 9;
    const floats = 2 * x.size + weight.size;
    const name = `conv ${channels} ${plane}`;
    await measure(`${name} forward`, operations, floats, () =>
      device.kernels.conv2d(x, weight, undefined, out, geometry),
    );
    await measure(`${name} input gradient`, operations, floats, () =>
      device.kernels.conv2dInputGradient(x, weight, out, geometry),
    );
    await measure(`${name} weight gradient`, operations, floats, () =>
      device.kernels.conv2dWeightGradient(x, out, dw, geometry),
    );
    free(x, weight, out, dw);
  }
  const size = scale.elements;
  const [x, gradient] = [numbers(machine, [size], 4), numbers(machine, [size])];
  const [out, penalty, range] = [x.clone(), numbers(machine, []), numbers(machine, [3])];
  for (const degree of [8, 22]) {
    const form: PolynomialActivationForm = {
      basis: 'even-odd',
      evenTerms: degree / 2 + 1,
      bound: 5,
      outside: 'tangent',
      penalty: { form: 'exponential', limit: 3.99, cap: 3 },
    };
    const [coefficients, sums] = [numbers(machine, [degree + 1]), numbers(machine, [degree + 1])];
    await measure(`polynomial ${degree} forward`, 2 * degree * size, 2 * size, () =>
      device.kernels.polynomial(x, coefficients, out, penalty, range, form),
    );
    await measure(`polynomial ${degree} backward`, 6 * degree * size, 3 * size, () =>
      device.kernels.polynomialGradient(gradient, penalty, x, coefficients, out, sums, form),
    );
    free(coefficients, sums);
  }
  await measure('add', size, 3 * size, () => void x.add(gradient));
  await measure('exp', size, 2 * size, () => void x.exp());
  await measure('sum', size, size, () => void x.sum());
  free(x, gradient, out, penalty, range);
}
