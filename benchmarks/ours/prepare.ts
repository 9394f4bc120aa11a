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
import type { Prepared } from '../subject.js';
import type {
  ActivationWork,
  AdamWork,
  BatchNormWork,
  ConvolutionWork,
  Direction,
  MatmulWork,
  PolynomialWork,
  Work,
} from '../work.js';
import { prepareStep } from './step.js';

function tensorOf({ data, shape }: Input): Tensor {
  return tensor(data, { shape });
}

function variableOf(input: Input): Tensor {
  return requireGrad(tensorOf(input));
}

/** Work whose results live in a scope, over inputs that live until they are disposed of. */
function prepared(run: () => readonly Tensor[], inputs: readonly Disposable[]): Prepared {
  return {
    run: () => scope(() => void run()),
    outputs: () => {
      const results: ArrayLike<number>[] = [];
      scope(() => {
        for (const output of run()) results.push(Float32Array.from(output.dataSync()));
      });
      return results;
    },
    dispose: () => {
      for (const each of inputs) each[Symbol.dispose]();
    },
  };
}

/** A function of inputs, alone or with the gradients of all of them. */
function differentiated(f: () => Tensor, inputs: readonly Tensor[], gradient: Tensor, direction: Direction): Prepared {
  const withGradients = () => {
    const output = f();
    return [output, ...grad(output, inputs, { gradient })];
  };
  return prepared(direction === 'forward' ? () => noGrad(() => [f()]) : withGradients, [...inputs, gradient]);
}

/** Σ c_k t^k term by term, made of operators. */
function sumOfPowers(x: Tensor, coefficients: Tensor, bound: number): Tensor {
  const t = x.div(bound);
  const terms = Array.from({ length: coefficients.size }, (_, k) => t.pow(k).mul(coefficients.slice([k])));
  return terms.reduce((sum, term) => sum.add(term));
}

function preparePolynomial(work: PolynomialWork): Prepared {
  const { form, bound, evenTerms, direction } = work;
  const inputs = polynomialInputs(work);
  const x = variableOf(inputs.x);
  const coefficients = requireGrad(tensor([...work.coefficients]));
  const basis = form === 'even-odd' ? form : 'monomial';
  const evaluate =
    form === 'sum of powers'
      ? () => sumOfPowers(x, coefficients, bound)
      : () => polynomial(x, coefficients, { basis, bound, evenTerms }).output;
  return differentiated(evaluate, [x, coefficients], tensor(inputs.gradient.data), direction);
}

function prepareActivation(work: ActivationWork): Prepared {
  const { bound, limit, cap, evenTerms, direction } = work;
  const inputs = polynomialInputs(work);
  const x = tensor(inputs.x.data);
  const coefficients = tensor([...work.coefficients]);
  const gradient = tensor(inputs.gradient.data);
  const penalty = { form: 'exponential', limit, cap } as const;
  const form = { basis: 'even-odd', bound, evenTerms, outside: 'tangent', penalty } as const;
  const one = ones([]);
  const forward = () => {
    const { output, penalty: cost } = polynomial(x, coefficients, form);
    return [output, cost];
  };
  // As the step backward through a network calls it, with the gradients of both results.
  const withGradient = () => {
    const operands = [gradient, one, x, coefficients] as const;
    return [...forward(), ...apply(operators.polynomialGradient, operands, { ...form, learnable: false }).slice(0, 1)];
  };
  return prepared(direction === 'forward' ? forward : withGradient, [x, coefficients, gradient, one]);
}

function prepareMatmul(work: MatmulWork): Prepared {
  const inputs = matmulInputs(work);
  const a = tensorOf(inputs.a);
  const b = tensorOf(inputs.b);
  return prepared(() => [a.matmul(b)], [a, b]);
}

function prepareConvolution(work: ConvolutionWork): Prepared {
  const { kernel, stride, direction } = work;
  const inputs = convolutionInputs(work);
  const x = variableOf(inputs.x);
  const weight = variableOf(inputs.weight);
  const convolve = () => conv2d(x, weight, undefined, { stride, padding: Math.floor(kernel / 2) });
  return differentiated(convolve, [x, weight], tensorOf(inputs.gradient), direction);
}

function prepareBatchNorm(work: BatchNormWork): Prepared {
  const inputs = batchNormInputs(work);
  const x = variableOf(inputs.x);
  const gamma = variableOf(inputs.gamma);
  const beta = variableOf(inputs.beta);
  const normalise = () => batchNorm(x, gamma, beta).output;
  return differentiated(normalise, [x, gamma, beta], tensorOf(inputs.gradient), work.direction);
}

function prepareAdam(work: AdamWork): Prepared {
  const inputs = adamInputs(work);
  const parameter = new Parameter(tensor(inputs.parameter.data));
  const gradient = tensor(inputs.gradient.data);
  // The gradient of Σ gradient·parameter; the steps to come all take it.
  scope(() => parameter.mul(gradient).sum().backward());
  const optimizer = new AdamW([parameter]);
  const step = () => {
    optimizer.step();
    return [parameter];
  };
  return prepared(step, [optimizer, parameter, gradient]);
}

/** Makes the inputs of some work on the default device. */
export function prepare(work: Work): Prepared {
  switch (work.kind) {
    case 'polynomial':
      return preparePolynomial(work);
    case 'activation':
      return prepareActivation(work);
    case 'matmul':
      return prepareMatmul(work);
    case 'convolution':
      return prepareConvolution(work);
    case 'batch norm':
      return prepareBatchNorm(work);
    case 'adamw':
      return prepareAdam(work);
    case 'training step':
      return prepareStep(work);
  }
}
