import fc from 'fast-check';
import type { EpochRecord, InputRange, LayerRecord, Report, RunRecord, SampleRecord } from '../../src/report/record.js';

const number = fc.oneof(
  fc.double(),
  fc.double({ min: 0, max: 1 }),
  fc.constantFrom(0, -0, 1e-320, 1e300, Number.MAX_VALUE, -Number.MAX_VALUE, Number.NaN, Infinity, -Infinity),
);
const count = fc.nat({ max: 1e6 });
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"><script>alert(1)</script>', "' onload='x"),
);
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const metrics = fc.dictionary(fc.oneof(text, fc.constant('accuracy')), number, { maxKeys: 2 });

const range: fc.Arbitrary<InputRange> = fc.record({ maxAbs: number, q999: number, shareOutside: number });

const epoch: fc.Arbitrary<EpochRecord> = fc.record({
  epoch: fc.oneof(fc.nat({ max: 40 }), number),
  steps: count,
  trainLoss: number,
  boundaryLoss: number,
  trainMetrics: metrics,
  validationLoss: nullable(number),
  validationMetrics: nullable(metrics),
  learningRate: number,
  seconds: number,
  gradientNorm: fc.record({ median: number, max: number }),
  clippedShare: number,
  layers: fc.array(fc.record({ lambda: number, train: range, validation: nullable(range) }), { maxLength: 2 }),
});

const layer: fc.Arbitrary<LayerRecord> = fc.record({
  name: text,
  target: text,
  degree: count,
  bound: number,
  alpha: number,
  curve: fc.array(fc.record({ x: number, target: number, polynomial: number }), { maxLength: 6 }),
  histogram: fc.record({ edges: fc.array(number, { maxLength: 6 }), counts: fc.array(number, { maxLength: 6 }) }),
});

const run: fc.Arbitrary<RunRecord> = fc.record({
  name: text,
  role: fc.constantFrom('polynomial', 'twin'),
  settings: fc.dictionary(text, fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean())),
  device: text,
  seed: count,
  parameters: count,
  clipNorm: nullable(number),
  epochs: fc.array(epoch, { maxLength: 4 }),
  layers: fc.array(layer, { maxLength: 2 }),
  final: nullable(
    fc.record({
      epoch: count,
      testLoss: number,
      testMetrics: metrics,
      layers: fc.array(range, { maxLength: 2 }),
      seconds: number,
    }),
  ),
  stopped: nullable(fc.record({ layer: nullable(text), kind: nullable(text), step: count, reason: text })),
});

const sample: fc.Arbitrary<SampleRecord> = fc.record({
  image: fc.array(number, { maxLength: 12 }),
  height: fc.oneof(fc.nat({ max: 4 }), number),
  width: fc.nat({ max: 4 }),
  channels: fc.constantFrom(1, 3),
  label: fc.nat({ max: 12 }),
  predictions: fc.array(fc.array(number, { maxLength: 4 }), { maxLength: 3 }),
});

/** Records of the right types with anything in them: hostile text, NaN, infinities, empty and inconsistent lists. */
export const arbitraryReport: fc.Arbitrary<Report> = fc.record({
  version: fc.constant(2),
  title: text,
  created: fc.oneof(text, fc.constant('2025-06-01T12:34:56Z')),
  software: text,
  dataset: fc.record({ name: text, train: count, test: count, classes: fc.array(text, { maxLength: 3 }) }),
  runs: fc.array(run, { maxLength: 3 }),
  samples: fc.array(sample, { maxLength: 3 }),
});
