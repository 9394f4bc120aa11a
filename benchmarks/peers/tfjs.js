// TensorFlow.js on its WebAssembly backend, which has SIMD but no threads in Node (its flag WASM_HAS_MULTITHREAD_SUPPORT).
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
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

const require = createRequire(import.meta.url);

let tf;

const tensor = ({ data, shape }) => tf.tensor(data, shape);

/** `work` gives tensors; nothing of it stays. */
function prepared(work, inputs) {
  return {
    run: () => tf.tidy(() => void work()),
    outputs: () => {
      const results = tf.tidy(() => work().map((each) => tf.keep(tf.clone(each))));
      return results.map((each) => {
        const data = each.dataSync().slice();
        each.dispose();
        return data;
      });
    },
    dispose: () => tf.dispose(inputs),
  };
}

/** A function of tensors, alone or with the gradients of all of them. */
function differentiated(f, inputs, gradient, direction) {
  const valueAndGradients = tf.valueAndGrads(f);
  const withGradients = () => {
    const { value, grads } = valueAndGradients(inputs, gradient);
    return [value, ...grads];
  };
  return prepared(direction === 'forward' ? () => [f(...inputs)] : withGradients, [...inputs, gradient]);
}

function horner(c, s) {
  return c.slice(0, -1).reduceRight((y, each) => tf.add(tf.mul(y, s), each), c.at(-1));
}

function polynomial(work) {
  const { form, bound, evenTerms, direction } = work;
  const inputs = polynomialInputs(work);
  const value = (x, coefficients) => {
    const c = tf.unstack(coefficients);
    const t = tf.div(x, bound);
    if (form === 'horner') return horner(c, t);
    if (form === 'sum of powers') return tf.addN(c.map((each, k) => tf.mul(tf.pow(t, k), each)));
    const s = tf.sub(tf.mul(tf.square(t), 2), 1);
    return tf.add(horner(c.slice(0, evenTerms), s), tf.mul(t, horner(c.slice(evenTerms), s)));
  };
  const coefficients = tf.tensor1d(work.coefficients);
  return differentiated(value, [tensor(inputs.x), coefficients], tensor(inputs.gradient), direction);
}

function matmul(work) {
  const { a, b } = matmulInputs(work);
  const tensors = [tensor(a), tensor(b)];
  return prepared(() => [tf.matMul(...tensors)], tensors);
}

/** In its own layout, images [N,H,W,C] and filters [KH,KW,C,F]; the results are turned back for the comparison alone. */
function convolution(work) {
  if (work.direction !== 'forward') throw new CannotError('its WebAssembly backend has no gradient of convolutions');
  const { kernel, stride } = work;
  const inputs = convolutionInputs(work);
  const x = tf.tidy(() => tf.transpose(tensor(inputs.x), [0, 2, 3, 1]));
  const weight = tf.tidy(() => tf.transpose(tensor(inputs.weight), [2, 3, 1, 0]));
  const padding = Math.floor(kernel / 2);
  const convolve = () => tf.conv2d(x, weight, stride, padding);
  const { run, dispose } = prepared(() => [convolve()], [x, weight]);
  return { ...prepared(() => [tf.transpose(convolve(), [0, 3, 1, 2])], []), run, dispose };
}

function batchNorm(work) {
  const { x, gamma, beta, gradient } = batchNormInputs(work);
  const toImages = (input) => tf.tidy(() => tf.transpose(tensor(input), [0, 2, 3, 1]));
  const normalize = (images, scale, shift) => {
    const { mean, variance } = tf.moments(images, [0, 1, 2]);
    return tf.batchNorm(images, mean, variance, shift, scale, 1e-5);
  };
  const inputs = [toImages(x), tensor(gamma), tensor(beta)];
  const { outputs, ...rest } = differentiated(normalize, inputs, toImages(gradient), work.direction);
  const [images, channels, rows, columns] = work.shape;
  const turned = (data) =>
    data.length === channels
      ? data
      : tf.tidy(() => tf.transpose(tf.tensor(data, [images, rows, columns, channels]), [0, 3, 1, 2]).dataSync());
  return { ...rest, outputs: () => outputs().map(turned) };
}

/** Adam, and AdamW's decay by hand, which Adam lacks. */
class AdamW {
  #adam = tf.train.adam(1e-3);

  step(gradients, variables) {
    for (const each of Object.values(variables)) each.assign(tf.mul(each, 1 - 1e-3 * 0.01));
    this.#adam.applyGradients(gradients);
  }
}

function adamw(work) {
  const inputs = adamInputs(work);
  const parameter = tf.variable(tensor(inputs.parameter));
  const gradient = tensor(inputs.gradient);
  const optimizer = new AdamW();
  const step = () => {
    optimizer.step({ [parameter.name]: tf.clone(gradient) }, { [parameter.name]: parameter });
    return [parameter];
  };
  return prepared(step, [parameter, gradient]);
}

function trainingStep(work) {
  const { batch, input, classes, layers, bound } = work;
  if (layers.some(({ layer }) => layer === 'convolution')) {
    throw new CannotError('its WebAssembly backend has no gradient of convolutions');
  }
  const powers = work.powers.map((c, k) => c / bound ** k);
  let seed = 2;
  const parameters = [];
  const parameter = (data, shape) => {
    const made = tf.variable(tensor({ data, shape }));
    parameters.push(made);
    return made;
  };
  const makers = {
    linear: ({ inputs, outputs }) => {
      const reach = weightReach(inputs);
      const weight = parameter(uniform(inputs * outputs, seed++, -reach, reach), [outputs, inputs]);
      const bias = parameter(new Float32Array(outputs), [outputs]);
      return (x) => tf.add(tf.matMul(x, weight, false, true), bias);
    },
    'batch norm': ({ channels }) => {
      const gamma = parameter(new Float32Array(channels).fill(1), [channels]);
      const beta = parameter(new Float32Array(channels), [channels]);
      const runningMean = tf.variable(tf.zeros([channels]), false);
      const runningVariance = tf.variable(tf.ones([channels]), false);
      const follow = (running, value) => running.assign(tf.add(tf.mul(running, 0.9), tf.mul(value, 0.1)));
      return (x) => {
        const { mean, variance } = tf.moments(x, 0);
        follow(runningMean, mean);
        follow(runningVariance, tf.mul(variance, batch / (batch - 1)));
        return tf.batchNorm(x, mean, variance, beta, gamma, 1e-5);
      };
    },
    polynomial: () => (x) => horner(powers, x),
  };
  const network = layers.map((layer) => makers[layer.layer](layer));
  const images = tf.tensor(uniform(batch * input[0], 1), [batch, ...input]);
  const targets = tf.oneHot(tf.tensor1d(labels(batch, classes), 'int32'), classes);
  const optimizer = new AdamW();
  const loss = () =>
    tf.losses.softmaxCrossEntropy(
      targets,
      network.reduce((x, layer) => layer(x), images),
    );
  const step = () => {
    const { value, grads } = tf.variableGrads(loss, parameters);
    optimizer.step(grads, Object.fromEntries(parameters.map((each) => [each.name, each])));
    return value;
  };
  return {
    run: () => tf.tidy(() => void step()),
    outputs: () => [[0, 1, 2].map(() => tf.tidy(() => step().dataSync()[0]))],
    dispose: () => tf.dispose([parameters, images, targets]),
  };
}

const works = { polynomial, matmul, convolution, 'batch norm': batchNorm, adamw, 'training step': trainingStep };

function prepare(work) {
  const make = works[work.kind];
  if (make === undefined) throw new CannotError('the activation with its penalty is written for PyTorch only');
  return make(work);
}

/**
 * The parts of TensorFlow.js in one module: those that register gradients exist as sources for bundlers only. Built in a
 * folder of its own, which is gone afterwards.
 */
async function bundle() {
  const contents = `export * from '@tensorflow/tfjs-core';
    export { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
    import '@tensorflow/tfjs-core/dist/register_all_gradients';`;
  const folder = mkdtempSync(join(tmpdir(), 'pnn-tfjs-'));
  const outfile = join(folder, 'tfjs.cjs');
  try {
    await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
      outfile,
      bundle: true,
      platform: 'node',
      mainFields: ['module', 'main'],
      logLevel: 'silent',
    });
    return require(outfile);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await serve(async () => {
  const modules = dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm/package.json')));
  tf = await bundle();
  tf.setWasmPaths(join(modules, 'dist/'));
  await tf.setBackend('wasm');
  return { version: tf.version_core, prepare };
});
