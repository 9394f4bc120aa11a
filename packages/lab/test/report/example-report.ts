import type { EpochRecord, InputRange, LayerRecord, Report, RunRecord, SampleRecord } from '../../src/report/record.js';

const EPOCHS = 12;
const LAYERS = ['stem.activation', 'block.activation', 'head.activation'];
const BOUND = 6;
const ALPHA = 0.7;

/** Seven rows of five dots for each digit. */
const DIGITS = [
  '01110 10001 10011 10101 11001 10001 01110',
  '00100 01100 00100 00100 00100 00100 01110',
  '01110 10001 00001 00010 00100 01000 11111',
  '11111 00010 00100 00010 00001 10001 01110',
  '00010 00110 01010 10010 11111 00010 00010',
  '11111 10000 11110 00001 00001 10001 01110',
  '00110 01000 10000 11110 10001 10001 01110',
  '11111 00001 00010 00100 01000 01000 01000',
  '01110 10001 10001 01110 10001 10001 01110',
  '01110 10001 10001 01111 00001 00010 01100',
];

/** A complete report with smooth made-up values: degree 4 and degree 8 networks beside their ReLU twin. */
export function exampleReport(): Report {
  const runs = [polynomialRun(8, 0.987), polynomialRun(4, 0.9793), referenceRun()];
  return {
    version: 2,
    title: 'Polynomial against ReLU on handwritten digits',
    created: '2025-06-01T12:34:56.000Z',
    software: '@pnn/lab 0.1.0',
    dataset: { name: 'MNIST', train: 60000, test: 10000, classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] },
    runs,
    samples: Array.from({ length: 12 }, (_, index) => sample(index)),
  };
}

function polynomialRun(degree: number, accuracy: number): RunRecord {
  const layers = LAYERS.map((name, index) => layer(name, degree, index));
  return {
    ...common(accuracy, degree),
    name: `polynomial, degree ${degree}`,
    role: 'polynomial',
    settings: {
      ...settings,
      'boundary loss λ': 10,
      'outside while training': 'tangent',
      'learnable coefficients': true,
    },
    layers,
    epochs: Array.from({ length: EPOCHS }, (_, index) => epoch(index + 1, accuracy, degree)),
    final: {
      epoch: EPOCHS,
      testLoss: 0.051 + 0.1 / degree,
      testMetrics: { accuracy },
      layers: LAYERS.map((_, index) => range(EPOCHS, index, degree === 4 && index === 1 ? 1.35 : 0.92)),
      seconds: 93.4,
    },
    stopped: null,
  };
}

function referenceRun(): RunRecord {
  return {
    ...common(0.9892, 16),
    name: 'ReLU twin',
    role: 'twin',
    settings,
    layers: [],
    epochs: Array.from({ length: EPOCHS }, (_, index) => ({
      ...epoch(index + 1, 0.9892, 16),
      boundaryLoss: 0,
      layers: [],
    })),
    final: { epoch: EPOCHS, testLoss: 0.0387, testMetrics: { accuracy: 0.9892 }, layers: [], seconds: 71.2 },
    stopped: null,
  };
}

const settings = { 'batch size': 128, optimizer: 'AdamW', 'learning rate': 1e-3, 'weight decay': 0.01, epochs: EPOCHS };

function common(_accuracy: number, degree: number) {
  return { device: 'wasm (relaxed SIMD, 2 threads)', seed: 7, parameters: 52138 + 3 * degree, clipNorm: 1 };
}

function epoch(number: number, accuracy: number, degree: number): EpochRecord {
  const progress = 1 - Math.exp(-number / 2.5);
  const wobble = 0.004 * Math.sin(number * degree);
  return {
    epoch: number,
    steps: 469,
    trainLoss: 0.02 + 0.62 * (1 - progress) + 0.1 / degree,
    boundaryLoss: number > 8 && degree === 8 ? 0 : 14 * Math.exp(-number * 1.1) * (1 + wobble * 20),
    trainMetrics: { accuracy: accuracy - 0.1 * (1 - progress) + 0.004 },
    validationLoss: 0.05 + 0.4 * (1 - progress) + 0.1 / degree + wobble,
    validationMetrics: { accuracy: accuracy - 0.08 * (1 - progress) + wobble / 2 },
    learningRate: number > 8 ? 1e-4 : 1e-3,
    seconds: 7.4 + wobble * 100,
    gradientNorm: { median: 0.9 * Math.exp(-number / 6) + 0.2, max: 11 * Math.exp(-number / 3) + 0.7 + wobble * 20 },
    clippedShare: 0.6 * (1 - progress) + 0.01 + wobble,
    layers: LAYERS.map((_, index) => ({
      lambda: 10 * 1.05 ** number * (index + 1),
      train: range(number, index, 1.1),
      validation: range(number, index, 0.95),
    })),
  };
}

function range(epochNumber: number, layerIndex: number, factor: number): InputRange {
  const maxAbs = factor * (BOUND + (5 + 2 * layerIndex) * Math.exp(-epochNumber / 2) - 0.4 * layerIndex);
  return { maxAbs, q999: maxAbs * 0.62, shareOutside: maxAbs > BOUND ? (maxAbs - BOUND) ** 2 * 4e-5 : 0 };
}

function layer(name: string, degree: number, index: number): LayerRecord {
  const relu = (x: number) => Math.max(x, 0);
  const ripple = (x: number) => (BOUND / degree / 1.6) * Math.cos((degree * Math.PI * x) / (2 * BOUND)) * 0.5;
  const polynomial = (x: number) =>
    relu(x) + (Math.abs(x) <= BOUND ? ripple(x) : ripple(BOUND) + 9 * (Math.abs(x) - BOUND) ** 2);
  const curve = Array.from({ length: 121 }, (_, step) => BOUND * 1.2 * (step / 60 - 1));
  const edges = Array.from({ length: 61 }, (_, step) => BOUND * 1.2 * (step / 30 - 1));
  const deviation = 1.1 + 0.3 * index;
  return {
    name,
    target: 'relu',
    degree,
    bound: BOUND,
    alpha: ALPHA,
    curve: curve.map((x) => ({ x, target: relu(x), polynomial: polynomial(x) })),
    histogram: {
      edges,
      counts: edges.slice(1).map((edge) => Math.round(2e5 * Math.exp(-((edge + 0.4) ** 2) / 2 / deviation ** 2))),
    },
  };
}

function sample(index: number): SampleRecord {
  const label = (index * 7 + 3) % 10;
  const other = (label + 5) % 10;
  const answer = (confidence: number, chosen: number) =>
    Array.from({ length: 10 }, (_, digit) => (digit === chosen ? confidence : (1 - confidence) / 9));
  return {
    image: drawDigit(label),
    height: 28,
    width: 28,
    channels: 1,
    label,
    predictions: [
      answer(0.93, index === 4 ? other : label),
      answer(0.71, index % 5 === 4 ? other : label),
      answer(0.99, label),
    ],
  };
}

/** The digit's dots, four pixels wide each, softened towards their edges. */
function drawDigit(digit: number): number[] {
  const dots = DIGITS[digit]!.split(' ').map((row) => [...row].map(Number));
  return Array.from({ length: 28 * 28 }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / 28), pixel % 28];
    const ink = dots.flatMap((line, y) =>
      line.map((dot, x) => (dot === 0 ? 0 : Math.exp(-((row - 4 - 3.2 * y) ** 2 + (column - 7 - 3.4 * x) ** 2) / 4))),
    );
    return Math.round(Math.min(255, 300 * Math.max(...ink)));
  });
}

/** The same runs on data whose labels are numbers: they have losses, and no accuracy. */
export function regressionReport(): Report {
  const report = exampleReport();
  const runs = report.runs.map((run) => ({
    ...run,
    epochs: run.epochs.map((epoch) => ({ ...epoch, trainMetrics: {}, validationMetrics: {} })),
    final: run.final && { ...run.final, testMetrics: {} },
  }));
  return { ...report, dataset: { ...report.dataset, name: 'house prices', classes: [] }, runs, samples: [] };
}
