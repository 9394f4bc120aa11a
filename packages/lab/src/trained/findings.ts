import type { ParetoTail, SchemeCost } from '@pnn/pnn';
import {
  boolean,
  count,
  type Decoder,
  decodeJson,
  inputRangeDecoder,
  list,
  nullable,
  number,
  object,
  oneOf,
  refine,
  text,
  union,
} from '@pnn/pnn/codec';
import { layerFields } from '../report/decoders.js';
import type { InputRange, LayerRecord } from '../report/record.js';
import type { CertificationRecord, CertifiedLayer, StatisticalRecord } from './certification.js';
import type { EvaluationRecord } from './evaluation.js';
import type { InspectionRecord, LowerDegreeRecord, ModuleRecord, PolynomialRecord } from './inspection.js';
import type { PredictionRecord, PredictionsRecord } from './prediction.js';
import type { CalibrationRecord } from './recalibration.js';
import type { SimplificationPoint, SimplificationRecord } from './simplification.js';

/** What each command about one trained network finds out, by the name of the command. */
export interface FindingRecords {
  readonly evaluate: EvaluationRecord;
  readonly predict: PredictionsRecord;
  readonly inspect: InspectionRecord;
  readonly calibrate: CalibrationRecord;
  readonly certify: CertificationRecord;
  readonly simplify: SimplificationRecord;
}

/** The version of the files that are written. */
export const FINDINGS_VERSION = 1;

interface Head<Kind extends keyof FindingRecords> {
  /** The command. */
  readonly kind: Kind;
  readonly version: typeof FINDINGS_VERSION;
  /** When it was made, ISO 8601 with time zone. */
  readonly created: string;
  /** The package and its version. */
  readonly software: string;
}

/** What a command has written to the file `COMMAND.json`; `kind` tells which command. */
export type Findings = {
  readonly [Kind in keyof FindingRecords]: Head<Kind> & FindingRecords[Kind];
}[keyof FindingRecords];

function head<Kind extends keyof FindingRecords>(kind: Kind) {
  return { kind: oneOf(kind), version: oneOf(FINDINGS_VERSION), created: text, software: text };
}

const evaluationFields = {
  model: text,
  data: text,
  samples: count,
  loss: number,
  accuracy: nullable(number),
  classes: list(text),
  confusion: list(list(count)),
  layers: list(
    object<LayerRecord & InputRange>({ ...layerFields, maxAbs: number, q999: number, shareOutside: number }),
  ),
};

const evaluation = object<EvaluationRecord>(evaluationFields);

const schemeCost = object<SchemeCost>({ scheme: text, depth: count, multiplications: count, scalings: count });

const polynomial = object<PolynomialRecord>({
  name: text,
  target: text,
  degree: count,
  bound: number,
  alpha: number,
  polynomials: count,
  coefficients: list(number),
  error: number,
  schemes: list(schemeCost),
  lower: list(
    object<LowerDegreeRecord>({
      degree: number,
      depth: count,
      savedLevels: count,
      savedMultiplications: number,
      error: number,
    }),
  ),
  range: nullable(inputRangeDecoder),
});

const statistics = object<StatisticalRecord>({
  samples: count,
  outside: count,
  upper: number,
  tail: nullable(
    object<ParetoTail>({
      threshold: number,
      exceedances: count,
      shape: number,
      scale: number,
      probability: number,
      upper: number,
    }),
  ),
});

const box: Decoder<CertificationRecord['box']> = (value, path) => {
  const ends = refine(list(number), 'two numbers', ({ length }) => length === 2)(value, path);
  return [ends[0]!, ends[1]!];
};

/** Decodes {@link Findings}. */
export const findings: Decoder<Findings> = union<Findings>({
  evaluate: object({ ...head('evaluate'), ...evaluationFields }),
  predict: object({
    ...head('predict'),
    model: text,
    classes: list(text),
    layers: list(object<PredictionsRecord['layers'][number]>({ name: text, bound: number })),
    predictions: list(
      object<PredictionRecord>({
        file: text,
        index: count,
        class: nullable(text),
        outputs: list(number),
        reach: list(number),
      }),
    ),
  }),
  inspect: object({
    ...head('inspect'),
    model: text,
    parameters: count,
    modules: list(object<ModuleRecord>({ name: text, kind: text, description: text, parameters: count })),
    layers: list(polynomial),
    depth: count,
    data: nullable(text),
  }),
  calibrate: object({
    ...head('calibrate'),
    model: text,
    written: text,
    basedOn: count,
    quantile: number,
    margin: number,
    density: boolean,
    before: evaluation,
    after: evaluation,
  }),
  certify: object({
    ...head('certify'),
    model: text,
    box,
    searches: count,
    layers: list(
      object<CertifiedLayer>({
        name: text,
        bound: number,
        byIntervals: number,
        proven: number,
        reached: number,
        verdict: oneOf('inside', 'leaves', 'open'),
        statistics: nullable(statistics),
      }),
    ),
    network: nullable(statistics),
    data: nullable(text),
  }),
  simplify: object({
    ...head('simplify'),
    model: text,
    written: text,
    layers: list(text),
    points: list(
      object<SimplificationPoint>({
        depth: count,
        degrees: list(count),
        accuracy: nullable(number),
        loss: number,
        test: object<SimplificationPoint['test']>({ accuracy: nullable(number), loss: number, shareOutside: number }),
      }),
    ),
    chosen: count,
    stopped: nullable(text),
    tolerance: number,
    depth: nullable(count),
    steps: count,
    lr: number,
    minDegree: count,
  }),
});

/**
 * Reads what `pnn evaluate`, `predict`, `inspect`, `calibrate`, `certify` or `simplify` has written as JSON.
 *
 * @param name what messages call the text, such as the name of its file
 * @throws FormatError if it is none of these, or damaged
 */
export function parseFindings(json: string, name = 'findings'): Findings {
  return decodeJson(json, findings, name);
}
