import { decodeJson, encodeJson } from '@pnn/pnn/codec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Options, specsOf } from '../../src/cli/options.js';
import { studyCommand } from '../../src/commands/study.js';
import { renderPage, renderText } from '../../src/report/document.js';
import { makePlan } from '../../src/studies/plan.js';
import { studies } from '../../src/studies/registry.js';
import { type StudyReport, studyDocument, studyReport, studyReportOf } from '../../src/studies/report.js';
import { TrialBuilder } from '../../src/studies/trial-builder.js';
import type { TrialResult } from '../../src/trials/result.js';
import { type Trial, trainingsOf } from '../../src/trials/trial.js';
import { parseHtml } from '../report/parse-html.js';

/** The trials of a call such as `degrees --degrees 2,4`, for two seeds. */
function trialsOf(call: string): readonly Trial[] {
  const [name, ...words] = call.split(' ');
  const study = studies.find((each) => each.name === name)!;
  const options = new Options(`pnn ${name}`, words, specsOf(studyCommand(study).options()));
  return makePlan({
    study: study.name,
    title: '',
    imports: [],
    trials: study.trials(new TrialBuilder(options, [0, 1]), options),
  }).trials;
}

function polynomialsOf(call: string): Record<string, NonNullable<Trial['spec']['experiment']['method']['polynomial']>> {
  return Object.fromEntries(
    trialsOf(call)
      .filter(({ role, spec }) => role === 'polynomial' && spec.experiment.training.seed === 0)
      .map(({ name, spec }) => [name.replace(', seed 0', ''), spec.experiment.method.polynomial!]),
  );
}

describe('the trials of', () => {
  it('degrees are one for each degree and seed, and a twin for each seed', () => {
    expect(trialsOf('degrees --degrees 2,32').map(({ name }) => name)).toEqual([
      'degree 2, seed 0',
      'degree 2, seed 1',
      'degree 32, seed 0',
      'degree 32, seed 1',
      'twin, seed 0',
      'twin, seed 1',
    ]);
    expect(trialsOf('degrees --degrees 2 --no-twin').length).toBe(2);
    expect(polynomialsOf('degrees --degrees 32')['degree 32']).toMatchObject({ degree: 32, basis: 'twice-even-odd' });
  });

  it('ablate take away what they say', () => {
    const found = polynomialsOf('ablate --degrees 4 --additions ends');
    expect(Object.keys(found).length).toBe(10);
    expect(found['degree 4, full method, tangent, calibrated bound, learned coefficients']).toMatchObject({
      lambda: { kind: 'constant', lambda: 1000 },
      outside: 'tangent',
      bound: { kind: 'calibrated' },
      learnable: true,
    });
    expect(found['degree 4, neither, as in the paper']).toMatchObject({
      lambda: { kind: 'constant', lambda: 0 },
      outside: 'polynomial',
      bound: { kind: 'fixed', bound: 20 },
      alpha: 0.75,
      learnable: false,
    });
    const training = (method: string) =>
      trialsOf('ablate --degrees 4 --additions all').find(({ factors }) => factors.method === method)!.spec.experiment
        .training;
    expect(training('full method')).toMatchObject({ maxNorm: 1, clipping: 'selective' });
    expect(training('no boundary loss')).toMatchObject({ maxNorm: 1, clipping: 'selective' });
    expect(training('no clipping').maxNorm).toBeNull();
    expect(training('neither').maxNorm).toBeNull();
    expect(training('clipping of everything')).toMatchObject({ maxNorm: 1, clipping: 'plain' });
    expect(trialsOf('ablate --degrees 2,4').length).toBe(2 * (2 * 25 + 1));
  });

  it('a sweep over the bound have the calibrated one besides, and those over words too', () => {
    expect(Object.keys(polynomialsOf('sweep --over bound=6,8 --degrees 4'))).toEqual([
      'degree 4, bound 6',
      'degree 4, bound 8',
      'degree 4, calibrated',
    ]);
    expect(polynomialsOf('sweep --over lambda=10,dual --degrees 4')).toMatchObject({
      'degree 4, lambda 10': { lambda: { kind: 'constant', lambda: 10 } },
      'degree 4, dual': { lambda: { kind: 'dual' } },
    });
    const widths = trialsOf('sweep --over widths=4,8/8,16 --degrees 2').map(({ spec }) => spec.experiment.model.widths);
    expect(widths.slice(0, 4)).toEqual([
      [4, 8],
      [4, 8],
      [8, 16],
      [8, 16],
    ]);
    // A value that is asked for twice is trained once.
    expect(trialsOf('sweep --over bound=6,6.0 --degrees 4 --no-twin').length).toBe(4);
  });

  it('penalties have every form', () => {
    expect(polynomialsOf('penalties --degrees 4')).toMatchObject({
      'degree 4, exponential': { penalty: { form: 'exponential', cap: 3 } },
      'degree 4, quadratic': { penalty: { form: 'quadratic' } },
      'degree 4, tenth power': { penalty: { form: 'power', cap: 1 } },
      'degree 4, max-norm': { penalty: { form: 'max-norm' } },
      'degree 4, dual ascent': { penalty: { form: 'exponential' }, lambda: { kind: 'dual' } },
      'degree 4, none': { lambda: { kind: 'constant', lambda: 0 } },
    });
  });

  it('a transfer begin with the network of the same seed, and the same model', () => {
    const trials = trialsOf('transfer --pretrain digits --dataset mnist --data x --bounds kept,6 --layers both');
    const starts = trials.filter(({ role }) => role === 'start');
    expect(starts.map(({ spec }) => spec.data.dataset)).toEqual(['digits', 'digits']);
    const tuned = trials.filter(({ spec }) => spec.start);
    expect(tuned.length).toBe(8);
    for (const { spec } of tuned) {
      const start = starts.find(({ id }) => id === spec.start!.trial)!;
      expect(start.spec.experiment.training.seed).toBe(spec.experiment.training.seed);
      expect(start.spec.experiment.model).toEqual(spec.experiment.model);
    }
    expect(trials.filter(({ factors }) => factors.start === 'from scratch').length).toBe(2);
  });

  it('that are the same training, but stand for different things, are one training and several rows', () => {
    const trials = trialsOf('transfer --pretrain digits --bounds kept --layers free --no-twin');
    expect(trials.map(({ name }) => name.replace(/^(.*), seed (.)$/, '$2 $1'))).toEqual([
      '0 pre-training, degree 8',
      '1 pre-training, degree 8',
      '0 degree 8, B kept, free',
      '1 degree 8, B kept, free',
      '0 degree 8, from scratch',
      '1 degree 8, from scratch',
    ]);
    expect(trainingsOf(trials).map(({ name }) => name)).toEqual(trials.slice(0, 4).map(({ name }) => name));
  });
});

const finite = fc.double({ min: 0, max: 1e6, noNaN: true });
const anyNumber = fc.oneof(finite, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY));
const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(Number.NaN));

const arbitraryResult: fc.Arbitrary<TrialResult> = fc.record({
  device: fc.constant('wasm'),
  parameters: fc.nat(),
  testSamples: fc.constant(100),
  classes: fc.constant(10),
  testLoss: anyNumber,
  accuracy: share,
  steps: fc.nat(),
  seconds: finite,
  epochs: fc.constant([]),
  layers: fc.array(fc.record({ name: fc.string(), bound: fc.constant(6), maxAbs: anyNumber, shareOutside: share }), {
    maxLength: 2,
  }),
  stopped: fc.option(
    fc.record({ layer: fc.option(fc.string()), kind: fc.constant(null), step: fc.nat(), reason: fc.string() }),
  ),
  network: fc.constant(''),
});

const calls = [
  'degrees --degrees 2,4',
  'ablate --degrees 4 --additions ends',
  'sweep --over bound=4,6,8,12 --degrees 4,8',
  'sweep --over order=normalization-first,activation-first --degrees 4',
  'sweep --over lambda=0,1000 --degrees 4 --no-twin',
  'penalties --degrees 4,8',
  'transfer --pretrain digits --bounds kept,calibrated',
];

describe('the report of a study', () => {
  it.each(calls)('survives JSON, and is a page and a text whatever came out: %s', (call) => {
    const study = call.split(' ')[0]!;
    const trials = trialsOf(call);
    const results = fc.array(fc.option(arbitraryResult), { minLength: trials.length, maxLength: trials.length });
    fc.assert(
      fc.property(results, fc.integer({ min: 40, max: 120 }), (list, width) => {
        const known = trials.flatMap(({ id }, index) => (list[index] ? [[id, list[index]] as const] : []));
        const failures = new Map(list[0] ? [] : [[trials[0]!.id, 'its process was ended\nat once']]);
        const plan = makePlan({ study, title: 'A <b>title</b>', imports: [], trials });
        const report = studyReportOf(plan, { results: new Map(known), failures });
        const read: StudyReport = decodeJson(encodeJson(report), studyReport, 'report');
        expect(read).toEqual(report);
        const { page, terminal } = studyDocument(read, studies);
        for (const line of renderText(terminal, { width }).split('\n')) expect(line.length).toBeLessThanOrEqual(width);
        const html = renderPage(page, report.created);
        expect(html).not.toContain('<b>title');
        expect(() => parseHtml(html)).not.toThrow();
        for (const [, attribute] of html.matchAll(/ (?:x1|x2|y1|y2|d|transform)="([^"]*)"/g)) {
          expect(attribute).not.toMatch(/NaN|Infinity/);
        }
      }),
      { numRuns: 15 },
    );
  });
});
