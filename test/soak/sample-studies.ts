import { createHash } from 'node:crypto';
import { parseFindings } from '@pnn/lab';
import { decodeJson, encodeJson } from '@pnn/pnn/codec';
import { defaultExperiment } from '../../packages/lab/src/experiment/specs.js';
import { journalLine, parseJournal } from '../../packages/lab/src/journal/line.js';
import { studyPlan } from '../../packages/lab/src/studies/plan.js';
import { type StudyReport, studyReport } from '../../packages/lab/src/studies/report.js';
import { type TrialEvent, trialEvent } from '../../packages/lab/src/trials/events.js';
import type { TrialResult } from '../../packages/lab/src/trials/result.js';
import { makeTrial, type TrialSpec } from '../../packages/lab/src/trials/trial.js';
import type { Sample } from './sample-files.js';

const spec: TrialSpec = {
  data: {
    dataset: 'digits',
    folder: '/data',
    settings: { labels: 'fine' },
    augmentation: null,
    train: 120,
    test: null,
  },
  experiment: defaultExperiment,
  start: null,
  device: 'wasm',
};

const trial = makeTrial('degree 8', 'polynomial', { degree: 8 }, spec);

const result: TrialResult = {
  device: 'wasm (SIMD, 2 threads)',
  parameters: 1234,
  testSamples: 40,
  classes: 10,
  testLoss: Number.POSITIVE_INFINITY,
  accuracy: 0.25,
  steps: 12,
  seconds: 0.5,
  epochs: [{ trainLoss: 2, boundaryLoss: 0, validationLoss: null, accuracy: 0.2, gradientNorm: 3, clippedShare: 0.5 }],
  layers: [{ name: '2', bound: 6, maxAbs: 5.5, shareOutside: 0 }],
  stopped: { layer: '2', kind: 'PolynomialActivation', step: 12, reason: 'it overflowed' },
  network: '0123456789abcdef'.repeat(4),
};

const events: readonly TrialEvent[] = [
  { kind: 'started', trial: trial.id, attempt: 1, step: 0 },
  { kind: 'failed', trial: trial.id, reason: 'its process was ended' },
  { kind: 'finished', trial: trial.id, software: '@pnn/lab 0.1.0', result },
];

const head = { version: 1, created: '2025-06-01T12:34:56Z', software: '@pnn/lab 0.1.0' } as const;

const report: StudyReport = {
  ...head,
  study: 'degrees',
  title: 'Degrees',
  outcomes: [{ trial, result, failure: null }],
};

const range = { maxAbs: 5, q999: 4.5, shareOutside: 0 };
const layer = { name: '2', target: 'relu', degree: 2, bound: 6, alpha: 0.7 };
const evaluation = {
  model: 'polynomial.safetensors',
  data: 'digits/test',
  samples: 3,
  loss: 0.5,
  accuracy: 2 / 3,
  classes: ['a', 'b'],
  confusion: [
    [1, 0],
    [1, 1],
  ],
  layers: [
    {
      ...layer,
      ...range,
      curve: [{ x: 0, target: 0, polynomial: 0.1 }],
      histogram: { edges: [0, 6], counts: [3] },
    },
  ],
};
const statistics = { samples: 40, outside: 0, upper: 0.1, tail: null };
const scheme = { scheme: 'Horner', depth: 2, multiplications: 1, scalings: 1 };

/** What each command about a trained network writes, the smallest. */
const findings: readonly ({ readonly kind: string } & Readonly<Record<string, unknown>>)[] = [
  { kind: 'evaluate', ...head, ...evaluation },
  {
    kind: 'predict',
    ...head,
    model: 'polynomial.safetensors',
    classes: ['a', 'b'],
    layers: [{ name: '2', bound: 6 }],
    predictions: [{ file: 'a.npy', index: 0, class: 'b', outputs: [0.25, 0.75], reach: [0.5] }],
  },
  {
    kind: 'inspect',
    ...head,
    model: 'polynomial.safetensors',
    parameters: 12,
    modules: [{ name: '0', kind: 'Linear', description: 'Linear(2, 4)', parameters: 12 }],
    layers: [{ ...layer, polynomials: 1, coefficients: [1, 2, 3], error: 0.1, schemes: [scheme], lower: [], range }],
    depth: 4,
    data: null,
  },
  {
    kind: 'calibrate',
    ...head,
    model: 'polynomial.safetensors',
    written: 'calibrated.safetensors',
    basedOn: 500,
    quantile: 0.999,
    margin: 1.5,
    density: true,
    before: evaluation,
    after: evaluation,
  },
  {
    kind: 'certify',
    ...head,
    model: 'polynomial.safetensors',
    box: [0, 1],
    searches: 10,
    layers: [{ name: '2', bound: 6, byIntervals: 2, proven: 0.9, reached: 0.5, verdict: 'inside', statistics }],
    network: statistics,
    data: 'digits/test',
  },
  {
    kind: 'simplify',
    ...head,
    model: 'polynomial.safetensors',
    written: 'simplified.safetensors',
    layers: ['2'],
    points: [{ depth: 4, degrees: [2], accuracy: 0.5, loss: 1, test: { accuracy: 0.5, loss: 1, shareOutside: 0 } }],
    chosen: 0,
    stopped: null,
    tolerance: 0.003,
    depth: null,
    steps: 200,
    lr: 5e-4,
    minDegree: 2,
  },
];

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** JSON that is read by a decoder; what it gives must come back from its own JSON. */
function jsonSample<T>(name: string, value: T, read: (json: string) => T): Sample {
  return {
    name,
    bytes: encode(encodeJson(value)),
    read: async (mutated) => {
      const found = encodeJson(read(decode(mutated)));
      return encodeJson(read(found)) === found ? undefined : 'it is another one when it is written and read again';
    },
  };
}

/** Lines of JSON as lines of a journal, with checksums that fit. */
function mended(json: string): string {
  const checksum = (line: string) => createHash('sha256').update(line).digest('hex').slice(0, 16);
  return json
    .split('\n')
    .map((line) => `${checksum(line)} ${line}\n`)
    .join('');
}

/** Files of studies and of commands about a trained network. */
export function studySamples(): readonly Sample[] {
  const known = new Set(events.map((event) => encodeJson(decodeJson(encodeJson(event), trialEvent, 'event'))));
  return [
    {
      name: 'journal.jsonl',
      bytes: encode(events.map(journalLine).join('')),
      // A line with its checksum is as it was written.
      read: async (mutated) =>
        parseJournal(decode(mutated), trialEvent, 'journal.jsonl').every((event) => known.has(encodeJson(event)))
          ? undefined
          : 'it tells of something that never happened',
    },
    {
      name: 'journal-with-checksums-mended.jsonl',
      bytes: encode(events.map((event) => encodeJson(event)).join('\n')),
      read: async (mutated) => {
        for (const event of parseJournal(mended(decode(mutated)), trialEvent, 'journal.jsonl')) {
          decodeJson(encodeJson(event), trialEvent, 'journal.jsonl');
        }
        return undefined;
      },
    },
    jsonSample('study.json', { version: 1, study: 'degrees', title: 'Degrees', imports: [], trials: [trial] }, (json) =>
      decodeJson(json, studyPlan, 'study.json'),
    ),
    jsonSample('study-report.json', report, (json) => decodeJson(json, studyReport, 'report.json')),
    ...findings.map((each) =>
      jsonSample<unknown>(`${each.kind}.json`, each, (json) => parseFindings(json, `${each.kind}.json`)),
    ),
  ];
}
