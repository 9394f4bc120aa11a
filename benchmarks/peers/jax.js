// jax-js on WebAssembly, functions compiled by jit where that is faster. Its arrays are used up by whoever takes them; `ref` is another one.
import { createRequire } from 'node:module';
import {
  adamInputs,
  batchNormInputs,
  convolutionInputs,
  labels,
  matmulInputs,
  polynomialInputs,
  uniform,
  weightReach,
} from '../inputs.js';
import { serve } from '../serve.js';
import { CannotError } from '../subject.js';

let jax;
let np;

const arrayOf = ({ data, shape }) => np.array(data).reshape(shape);

/** A compiled function of arrays that stay; its results are waited for and freed. */
function prepared(f, inputs) {
  const call = () => f(...inputs.map((each) => each.ref));
  return {
    run: async () => {
      const results = await jax.blockUntilReady(call());
      for (const each of results) each.dispose();
    },
    outputs: () => Promise.all(call().map((each) => each.data())),
    dispose: () => {
      for (const each of inputs) each.dispose();
    },
  };
}

/** A convolution by itself is faster where it is not compiled into a function. */
const asItIs = (f) => f;

/** A function of inputs, alone or with the gradients of all of them. */
function differentiated(f, inputs, gradient, direction, compile = jax.jit) {
  if (direction === 'forward')
    return prepared(
      compile((...all) => [f(...all)]),
      inputs,
    );
  const count = inputs.length;
  const withGradients = compile((...all) => {
    const [output, backward] = jax.vjp(f, all.slice(0, count));
    const gradients = backward(all[count]);
    return [output, ...gradients];
  });
  return prepared(withGradients, [...inputs, gradient]);
}

/** By Horner's method in an array that the caller keeps. */
function horner(c, s) {
  return c.slice(0, -1).reduceRight((y, each) => y.mul(s.ref).add(each), c.at(-1));
}

/** An array with the shape of another one and one number everywhere. */
const filled = (like, scalar) => np.zerosLike(like.ref).add(scalar);

function polynomial(work) {
  const { form, bound, evenTerms, direction } = work;
  const terms = work.coefficients.length;
  const inputs = polynomialInputs(work);
  const value = (x, coefficients) => {
    const c = Array.from({ length: terms }, (_, k) => coefficients.ref.slice(k));
    coefficients.dispose();
    const t = x.mul(1 / bound);
    const spread = (terms) => [...terms.slice(0, -1), filled(t, terms.at(-1))];
    let y;
    if (form === 'horner') y = horner(spread(c), t);
    else if (form === 'sum of powers') {
      y = c.map((each, k) => np.power(t.ref, k).mul(each)).reduce((sum, each) => sum.add(each));
    } else {
      const s = np.square(t.ref).mul(2).sub(1);
      const even = horner(spread(c.slice(0, evenTerms)), s);
      y = even.add(t.ref.mul(horner(spread(c.slice(evenTerms)), s)));
      s.dispose();
    }
    t.dispose();
    return y;
  };
  const coefficients = np.array(new Float32Array(work.coefficients));
  return differentiated(value, [arrayOf(inputs.x), coefficients], arrayOf(inputs.gradient), direction);
}

function matmul(work) {
  const { a, b } = matmulInputs(work);
  return prepared(
    jax.jit((x, y) => [np.matmul(x, y)]),
    [arrayOf(a), arrayOf(b)],
  );
}

const convolve = (x, weight, stride, kernel) => {
  const padding = Math.floor(kernel / 2);
  // As much on the right as the stride reaches.
  const size = x.shape[2];
  const right = (Math.ceil(size / stride) - 1) * stride + kernel - size - padding;
  return jax.lax.convGeneralDilated(
    x,
    weight,
    [stride, stride],
    [
      [padding, right],
      [padding, right],
    ],
  );
};

function convolution(work) {
  const { stride, kernel, direction } = work;
  const { x, weight, gradient } = convolutionInputs(work);
  const f = (images, filters) => convolve(images, filters, stride, kernel);
  return differentiated(f, [arrayOf(x), arrayOf(weight)], arrayOf(gradient), direction, asItIs);
}

/** By the statistics of the batch, over all axes but the second. */
function normalize(x, gamma, beta) {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const shape = x.shape.map((length, axis) => (axis === 1 ? length : 1));
  const centered = x.ref.sub(np.mean(x, axes, { keepdims: true }));
  const variance = np.mean(np.square(centered.ref), axes, { keepdims: true });
  const scale = np.reciprocal(np.sqrt(variance.add(1e-5))).mul(gamma.reshape(shape));
  return centered.mul(scale).add(beta.reshape(shape));
}

function batchNorm(work) {
  const { x, gamma, beta, gradient } = batchNormInputs(work);
  return differentiated(normalize, [x, gamma, beta].map(arrayOf), arrayOf(gradient), work.direction);
}

/** New parameter and moments; the corrections of the moments come as numbers in arrays. */
function adam(parameter, gradient, first, second, correction1, correction2) {
  const m = first.mul(0.9).add(gradient.ref.mul(0.1));
  const v = second.mul(0.999).add(np.square(gradient).mul(0.001));
  const size = np.sqrt(v.ref.mul(correction2)).add(1e-8);
  const change = m.ref.mul(correction1).div(size).mul(1e-3);
  return [parameter.mul(1 - 1e-3 * 0.01).sub(change), m, v];
}

/** What the moments are multiplied by. */
const corrections = (step) => [1 / (1 - 0.9 ** step), 1 / (1 - 0.999 ** step)].map((each) => np.array(each));

function adamw(work) {
  const inputs = adamInputs(work);
  const gradient = arrayOf(inputs.gradient);
  const update = jax.jit(adam);
  let state = [inputs.parameter, ...[0, 0].map(() => ({ ...inputs.parameter, data: new Float32Array(work.count) }))];
  state = state.map(arrayOf);
  let step = 0;
  const run = async () => {
    const [parameter, first, second] = state;
    state = update(parameter, gradient.ref, first, second, ...corrections(++step));
    await jax.blockUntilReady(state);
  };
  return {
    run,
    outputs: async () => {
      await run();
      return [await state[0].ref.data()];
    },
    dispose: () => {
      for (const each of [...state, gradient]) each.dispose();
    },
  };
}

/** The layers as one function of an array and of their parameters, which are collected on the way. */
class Network {
  parameters = [];
  #seed = 2;

  constructor(work) {
    this.powers = work.powers.map((c, k) => c / work.bound ** k);
  }

  #parameter(data, shape) {
    this.parameters.push(arrayOf({ data, shape }));
    return this.parameters.length - 1;
  }

  #weight(shape, fanIn) {
    const reach = weightReach(fanIn);
    const count = shape.reduce((product, length) => product * length, 1);
    return this.#parameter(uniform(count, this.#seed++, -reach, reach), shape);
  }

  sequence(layers) {
    const functions = layers.map((layer) => this.#layer(layer));
    return (x, p) => functions.reduce((y, f) => f(y, p), x);
  }

  #layer(layer) {
    switch (layer.layer) {
      case 'convolution': {
        const { inputs, outputs, kernel, stride } = layer;
        const weight = this.#weight([outputs, inputs, kernel, kernel], inputs * kernel ** 2);
        return (x, p) => convolve(x, p[weight].ref, stride, kernel);
      }
      case 'linear': {
        const weight = this.#weight([layer.outputs, layer.inputs], layer.inputs);
        const bias = this.#parameter(new Float32Array(layer.outputs), [layer.outputs]);
        return (x, p) => np.matmul(x, p[weight].ref.transpose()).add(p[bias].ref);
      }
      case 'batch norm': {
        // Without the running statistics that the others follow, to its advantage.
        const gamma = this.#parameter(new Float32Array(layer.channels).fill(1), [layer.channels]);
        const beta = this.#parameter(new Float32Array(layer.channels), [layer.channels]);
        return (x, p) => normalize(x, p[gamma].ref, p[beta].ref);
      }
      case 'polynomial':
        return (x) => {
          const y = horner([...this.powers.slice(0, -1), filled(x, this.powers.at(-1))], x);
          x.dispose();
          return y;
        };
      case 'average pool':
        return (x) => {
          const [images, channels, rows, columns] = x.shape;
          return np.mean(x.reshape([images, channels, rows / 2, 2, columns / 2, 2]), [3, 5]);
        };
      case 'global average pool':
        return (x) => np.mean(x, [2, 3]);
      case 'flatten':
        return (x) => x.reshape([x.shape[0], -1]);
      case 'residual': {
        const body = this.sequence(layer.body);
        const shortcut = this.sequence(layer.shortcut);
        return (x, p) => body(x.ref, p).add(shortcut(x, p));
      }
    }
  }
}

function trainingStep(work) {
  const { batch, input, classes, layers } = work;
  const network = new Network(work);
  const forward = network.sequence(layers);
  const pixels = batch * input.reduce((product, length) => product * length, 1);
  const images = arrayOf({ data: uniform(pixels, 1), shape: [batch, ...input] });
  const targets = new Float32Array(batch * classes);
  labels(batch, classes).forEach((label, i) => {
    targets[i * classes + label] = 1;
  });
  const oneHot = arrayOf({ data: targets, shape: [batch, classes] });
  const loss = (parameters, x, y) => {
    const logarithms = jax.nn.logSoftmax(forward(x, parameters), 1);
    for (const each of parameters) each.dispose();
    return np.sum(logarithms.mul(y)).mul(-1 / batch);
  };
  const update = jax.jit((parameters, first, second, x, y, correction1, correction2) => {
    const kept = parameters.map((each) => each.ref);
    const [value, gradients] = jax.valueAndGrad(loss)(parameters, x, y);
    const updated = kept.map((each, i) =>
      adam(each, gradients[i], first[i], second[i], correction1.ref, correction2.ref),
    );
    correction1.dispose();
    correction2.dispose();
    return [value, ...[0, 1, 2].map((part) => updated.map((each) => each[part]))];
  });
  const zeros = () => network.parameters.map((each) => np.zerosLike(each.ref));
  let state = [network.parameters, zeros(), zeros()];
  let step = 0;
  const run = async () => {
    const [value, ...updated] = update(...state, images.ref, oneHot.ref, ...corrections(++step));
    state = updated;
    await jax.blockUntilReady(state);
    const [result] = await value.data();
    return result;
  };
  return {
    run,
    outputs: async () => {
      const losses = [];
      for (let i = 0; i < 3; i++) losses.push(await run());
      return [losses];
    },
    dispose: () => {
      for (const each of [...state.flat(), images, oneHot]) each.dispose();
    },
  };
}

const works = { polynomial, matmul, convolution, 'batch norm': batchNorm, adamw, 'training step': trainingStep };

function prepare(work) {
  const make = works[work.kind];
  if (make === undefined) throw new CannotError('the activation with its penalty is written for PyTorch only');
  return make(work);
}

await serve(async () => {
  jax = await import('@jax-js/jax');
  np = jax.numpy;
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const entry = createRequire(import.meta.url).resolve('@jax-js/jax');
  const { version } = createRequire(entry)('../package.json');
  return { version, prepare };
});
