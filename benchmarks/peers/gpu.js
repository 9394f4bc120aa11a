// gpu.js without a GPU: in plain JavaScript (`cpu`) or WebAssembly (`webasm`). Sources of kernels are strings, since
// functions do not survive every tool that transforms programs.
import { createRequire } from 'node:module';
import { batchNormInputs, convolutionInputs, matmulInputs, polynomialInputs } from '../inputs.js';
import { serve } from '../serve.js';
import { CannotError } from '../subject.js';

const mode = process.argv[2];
let gpu;
const noGradients = 'it has kernels but no gradients';

function kernel(source, output) {
  const made = gpu.createKernel(source, { output });
  if (gpu.mode !== mode) throw new CannotError(`it runs as ${gpu.mode} instead`);
  return made;
}

function flat(result) {
  return Array.isArray(result) ? result.flatMap(flat) : Array.from(result);
}

/** Kernels give arrays of arrays. */
function prepared(run) {
  return { run, outputs: async () => [flat(await run())] };
}

/** Σ by Horner of coefficients[first] to coefficients[end − 1] in a variable; bounds are literals, as gpu.js wants them. */
function hornerSource(variable, result, first, end) {
  return `let ${result} = c[${end - 1}];
    for (let k = 0; k < ${end - 1 - first}; k++) ${result} = ${result} * ${variable} + c[${end - 2} - k];`;
}

const polynomialSources = {
  'even-odd': ({ evenTerms, coefficients }) => `const s = 2 * t * t - 1;
    ${hornerSource('s', 'even', 0, evenTerms)}
    ${hornerSource('s', 'odd', evenTerms, coefficients.length)}
    return even + t * odd;`,
  horner: ({ coefficients }) => `${hornerSource('t', 'y', 0, coefficients.length)}
    return y;`,
  'sum of powers': ({ coefficients }) => `let y = 0;
    for (let k = 0; k < ${coefficients.length}; k++) y += c[k] * Math.pow(t, k);
    return y;`,
};

function polynomial(work) {
  const { x } = polynomialInputs(work);
  const body = polynomialSources[work.form](work);
  const run = kernel(`function (x, c) { const t = x[this.thread.x] / ${work.bound}; ${body} }`, [work.count]);
  const coefficients = new Float32Array(work.coefficients);
  return prepared(() => run(x.data, coefficients));
}

function matmul(work) {
  const { size } = work;
  const { a, b } = matmulInputs(work);
  const source = `function (a, b) {
    let sum = 0;
    for (let k = 0; k < ${size}; k++) sum += a[this.thread.y * ${size} + k] * b[k * ${size} + this.thread.x];
    return sum;
  }`;
  const run = kernel(source, [size, size]);
  return prepared(() => run(a.data, b.data));
}

function convolution(work) {
  const { batch, inChannels, outChannels, size, kernel: width, stride } = work;
  const outSize = Math.ceil(size / stride);
  const padding = Math.floor(width / 2);
  const { x, weight } = convolutionInputs(work);
  const source = `function (x, w) {
    const image = Math.floor(this.thread.z / ${outChannels});
    const filter = this.thread.z - image * ${outChannels};
    let sum = 0;
    for (let channel = 0; channel < ${inChannels}; channel++) {
      for (let i = 0; i < ${width}; i++) {
        for (let j = 0; j < ${width}; j++) {
          const row = this.thread.y * ${stride} + i - ${padding};
          const column = this.thread.x * ${stride} + j - ${padding};
          if (row >= 0 && row < ${size} && column >= 0 && column < ${size}) {
            sum += x[((image * ${inChannels} + channel) * ${size} + row) * ${size} + column]
              * w[((filter * ${inChannels} + channel) * ${width} + i) * ${width} + j];
          }
        }
      }
    }
    return sum;
  }`;
  const run = kernel(source, [outSize, outSize, batch * outChannels]);
  return prepared(() => run(x.data, weight.data));
}

function batchNorm(work) {
  const [images, channels, rows, columns] = work.shape;
  const area = rows * columns;
  const { x, gamma, beta } = batchNormInputs(work);
  const sum = (term) => `function (x, mean) {
    let sum = 0;
    for (let image = 0; image < ${images}; image++) {
      for (let i = 0; i < ${area}; i++) {
        const d = x[(image * ${channels} + this.thread.x) * ${area} + i]${term};
        sum += d${term === '' ? '' : ' * d'};
      }
    }
    return sum / ${images * area};
  }`;
  const mean = kernel(sum(''), [channels]);
  const variance = kernel(sum(' - mean[this.thread.x]'), [channels]);
  const source = `function (x, mean, variance, gamma, beta) {
    const plane = Math.floor(this.thread.x / ${area});
    const channel = plane - Math.floor(plane / ${channels}) * ${channels};
    const scale = gamma[channel] / Math.sqrt(variance[channel] + 0.00001);
    return (x[this.thread.x] - mean[channel]) * scale + beta[channel];
  }`;
  const normalize = kernel(source, [x.data.length]);
  return prepared(async () => {
    const center = await mean(x.data, beta.data);
    return normalize(x.data, center, await variance(x.data, center), gamma.data, beta.data);
  });
}

const works = { polynomial, matmul, convolution, 'batch norm': batchNorm };

function prepare(work) {
  const make = works[work.kind];
  if (make === undefined) throw new CannotError('it has neither gradients nor optimizers');
  if (work.direction === 'forward and backward') throw new CannotError(noGradients);
  return make(work);
}

await serve(async () => {
  const { GPU } = await import('gpu.js');
  gpu = new GPU({ mode });
  const { version } = createRequire(import.meta.url)('gpu.js/package.json');
  return { version, prepare };
});
