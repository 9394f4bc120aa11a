import { apply, operators, type Tensor } from '@pnn/tensor';
import type { PolynomialActivationForm } from '../../../packages/tensor/src/kernels.js';
import { free, type Machine, millisecondsOf, numbers } from '../machine.js';

/** What is limited by memory: elements, polynomials, optimizers, reductions, normalization. */
export async function memoryBound(machine: Machine): Promise<void> {
  const { device, scale, report } = machine;
  const size = scale.elements;
  const measure = async (name: string, floats: number, launch: () => void): Promise<void> => {
    try {
      const ms = await millisecondsOf(machine, launch);
      report.add({ work: name, ms, gigabytes: (4 * floats) / ms / 1e6 });
    } catch (error) {
      report.add({ work: name, error: String(error).slice(0, 500) });
    }
  };
  const x = numbers(machine, [size], 4);
  const gradient = numbers(machine, [size]);
  for (const name of ['exp', 'tanh', 'relu', 'gelu', 'sin'] as const) {
    await measure(name, 2 * size, () => void apply(operators[name], [x], undefined));
  }
  await measure('uniform', size, () => device.kernels.uniform(x, { seed: 1, stream: 'x', position: 0, shard: 0 }));

  for (const degree of [4, 8, 22]) {
    for (const outside of ['tangent', 'polynomial'] as const) {
      for (const withPenalty of degree === 8 ? [true, false] : [true]) {
        const coefficients = numbers(machine, [degree + 1]);
        const form: PolynomialActivationForm = {
          basis: 'even-odd',
          evenTerms: Math.floor(degree / 2) + 1,
          bound: 5,
          outside,
          penalty: withPenalty ? { form: 'exponential', limit: 3.99, cap: 3 } : undefined,
        };
        const name = `polynomial ${degree} ${outside}${withPenalty ? ' penalty' : ''}`;
        const [out, penalty, range] = [x.clone(), numbers(machine, []), numbers(machine, [3])];
        await measure(`${name} forward`, 2 * size, () =>
          device.kernels.polynomial(x, coefficients, out, penalty, range, form),
        );
        const sums = numbers(machine, [degree + 1]);
        await measure(`${name} backward`, 3 * size, () =>
          device.kernels.polynomialGradient(gradient, penalty, x, coefficients, out, sums, form),
        );
        await measure(`${name} backward, fixed coefficients`, 3 * size, () =>
          device.kernels.polynomialGradient(gradient, penalty, x, coefficients, out, undefined, form),
        );
        free(out, penalty, range, coefficients, sums);
      }
    }
  }

  const [moment1, moment2] = [x.clone(), x.square()];
  await measure('adam', 7 * size, () =>
    device.kernels.adam(x, gradient, moment1, moment2, {
      learningRate: 1e-6,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.01,
      decoupled: true,
      step: 10,
    }),
  );
  free(moment1, moment2);

  const reductions: readonly (readonly [string, () => Tensor])[] = [
    ['sum', () => x.sum()],
    ['max', () => x.max()],
    ['argmax', () => x.argmax()],
  ];
  for (const [name, reduce] of reductions) await measure(name, size, () => void reduce());
  const side = Math.floor(Math.sqrt(size));
  const square = x.reshape([side, size / side]);
  await measure('sum of rows', size, () => void square.sum(1));
  await measure('sum of columns', size, () => void square.sum(0));
  await measure('softmax', 2 * size, () => void square.softmax());
  await measure('transpose', 2 * size, () => void square.permute([1, 0]));
  const parameters = [x, gradient];
  const norm = numbers(machine, []);
  await measure('euclideanNorm', 2 * size, () => device.kernels.euclideanNorm(parameters, norm));
  free(square, norm, x, gradient);

  const shapes = [
    [64, 32],
    [128, 16],
    [512, 4],
    [64, 64],
  ] as const;
  for (const [channels, plane] of shapes) {
    const shape = [scale.batch, Math.ceil(channels / scale.thinner), plane, plane];
    const image = numbers(machine, shape);
    const slopes = numbers(machine, shape);
    const gamma = numbers(machine, [shape[1]!]);
    const [out, mean, variance] = [image.clone(), gamma.clone(), gamma.clone()];
    const [gammaGradient, betaGradient] = [gamma.clone(), gamma.clone()];
    await measure(`batchNorm ${shape} forward`, 3 * image.size, () =>
      device.kernels.batchNorm(image, gamma, gamma, out, mean, variance, 1e-5),
    );
    await measure(`batchNorm ${shape} backward`, 5 * image.size, () =>
      device.kernels.batchNormGradient(slopes, image, gamma, mean, variance, out, gammaGradient, betaGradient, 1e-5),
    );
    free(image, slopes, gamma, out, mean, variance, gammaGradient, betaGradient);
  }
}
