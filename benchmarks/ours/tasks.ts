import {
  AdamW,
  apply,
  batchNorm,
  conv2d,
  grad,
  noGrad,
  ones,
  operators,
  Parameter,
  polynomial,
  requireGrad,
  scope,
  type Tensor,
  tensor,
} from '@pnn/nn';
import {
  adamInputs,
  batchNormInputs,
  convolutionInputs,
  type Input,
  matmulInputs,
  polynomialInputs,
} from '../inputs.js';
import type {
  ActivationWork,
  AdamWork,
  BatchNormWork,
  ConvolutionWork,
  Direction,
  MatmulWork,
  PolynomialWork,
  TensorWork,
} from '../work.js';
import { stepTask } from './step.js';
import type { Computation, Task } from './task.js';

function tensorOf({ data, shape }: Input): Tensor {
  return tensor(data, { shape });
}

function variableOf(input: Input): Tensor {
  return requireGrad(tensorOf(input));
}

/** A function of inputs, alone or with the gradients of all of them. */
function differentiated(
  f: () => Tensor,
  inputs: readonly Tensor[],
  gradient: Tensor,
  direction: Direction,
): Computation {
  const withGradients = () => {
    const output = f();
    return [output, ...grad(output, inputs, { gradient })];
  };
  return {
    inputs: [...inputs, gradient],
    compute: direction === 'forward' ? () => noGrad(() => [f()]) : withGradients,
  };
}

/** Work that changes nothing. */
function stateless(upload: () => Computation): Task {
  return { upload, state: [] };
}

/** Σ c_k t^k term by term, made of operators. */
function sumOfPowers(x: Tensor, coefficients: Tensor, bound: number): Tensor {
  const t = x.div(bound);
  const terms = Array.from({ length: coefficients.size }, (_, k) => t.pow(k).mul(coefficients.slice([k])));
  return terms.reduce((sum, term) => sum.add(term));
}

function polynomialTask(work: PolynomialWork): Task {
  const { form, bound, evenTerms, direction } = work;
  const inputs = polynomialInputs(work);
  const basis = form === 'even-odd' ? form : 'monomial';
  return stateless(() => {
    const x = variableOf(inputs.x);
    const coefficients = requireGrad(tensor([...work.coefficients]));
    const evaluate =
      form === 'sum of powers'
        ? () => sumOfPowers(x, coefficients, bound)
        : () => polynomial(x, coefficients, { basis, bound, evenTerms }).output;
    return differentiated(evaluate, [x, coefficients], tensorOf(inputs.gradient), direction);
  });
}

function activationTask(work: ActivationWork): Task {
  const { bound, limit, cap, evenTerms, direction } = work;
  const inputs = polynomialInputs(work);
  const penalty = { form: 'exponential', limit, cap } as const;
  const form = { basis: 'even-odd', bound, evenTerms, outside: 'tangent', penalty } as const;
  return stateless(() => {
    const x = tensorOf(inputs.x);
    const coefficients = tensor([...work.coefficients]);
    const gradient = tensorOf(inputs.gradient);
    const one = ones([]);
    const forward = () => {
      const { output, penalty: cost } = polynomial(x, coefficients, form);
      return [output, cost];
    };
    // As the step backward through a network calls it, with the gradients of both results.
    const withGradient = () => {
      const operands = [gradient, one, x, coefficients] as const;
      const settings = { ...form, learnable: false };
      return [...forward(), ...apply(operators.polynomialGradient, operands, settings).slice(0, 1)];
    };
    return {
      inputs: [x, coefficients, gradient, one],
      compute: direction === 'forward' ? forward : withGradient,
    };
  });
}

function matmulTask(work: MatmulWork): Task {
  const inputs = matmulInputs(work);
  return stateless(() => {
    const a = tensorOf(inputs.a);
    const b = tensorOf(inputs.b);
    return { inputs: [a, b], compute: () => [a.matmul(b)] };
  });
}

function convolutionTask(work: ConvolutionWork): Task {
  const { kernel, stride, direction } = work;
  const inputs = convolutionInputs(work);
  return stateless(() => {
    const x = variableOf(inputs.x);
    const weight = variableOf(inputs.weight);
    const convolve = () => conv2d(x, weight, undefined, { stride, padding: Math.floor(kernel / 2) });
    return differentiated(convolve, [x, weight], tensorOf(inputs.gradient), direction);
  });
}

function batchNormTask(work: BatchNormWork): Task {
  const inputs = batchNormInputs(work);
  return stateless(() => {
    const x = variableOf(inputs.x);
    const gamma = variableOf(inputs.gamma);
    const beta = variableOf(inputs.beta);
    const normalize = () => batchNorm(x, gamma, beta).output;
    return differentiated(normalize, [x, gamma, beta], tensorOf(inputs.gradient), work.direction);
  });
}

function adamTask(work: AdamWork): Task {
  const inputs = adamInputs(work);
  const parameter = new Parameter(tensorOf(inputs.parameter));
  // The gradient of Σ gradient·parameter; the steps to come all take it.
  scope(() => parameter.mul(tensorOf(inputs.gradient)).sum().backward());
  const optimizer = new AdamW([parameter]);
  const step = () => {
    optimizer.step();
    return [parameter];
  };
  return {
    upload: () => ({ inputs: [], compute: step }),
    state: [parameter],
    dispose: () => {
      optimizer.dispose();
      parameter.dispose();
    },
  };
}

/** What some work is on the default device. */
export function taskOf(work: TensorWork): Task {
  switch (work.kind) {
    case 'polynomial':
      return polynomialTask(work);
    case 'activation':
      return activationTask(work);
    case 'matmul':
      return matmulTask(work);
    case 'convolution':
      return convolutionTask(work);
    case 'batch norm':
      return batchNormTask(work);
    case 'adamw':
      return adamTask(work);
    case 'training step':
      return stepTask(work);
  }
}
