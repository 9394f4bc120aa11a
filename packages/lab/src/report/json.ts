import { FormatError } from '@pnn/tensor';
import type {
  CurvePoint,
  DatasetRecord,
  EpochLayerRecord,
  EpochRecord,
  FinalRecord,
  HistogramRecord,
  InputRange,
  LayerRecord,
  Report,
  RunRecord,
  SampleRecord,
  SettingValue,
  StopRecord,
} from './record.js';
import { REPORT_VERSION } from './record.js';

/**
 * The report as JSON (RFC 8259) on one line. JSON has no NaN and no infinity: they are written as the strings `"NaN"`,
 * `"Infinity"` and `"-Infinity"`, which {@link parseReport} turns back into numbers; a setting stays a string, since
 * nothing tells it from one.
 */
export function stringifyReport(report: Report): string {
  return JSON.stringify(report, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

/**
 * Reads what {@link stringifyReport} wrote; fields that the format does not know are left out.
 *
 * @throws FormatError if the text is no JSON, has another version, or a field is missing or has another type.
 */
export function parseReport(text: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FormatError(`parseReport: the text is no JSON: ${(error as Error).message}`, { cause: error });
  }
  return report(value, 'report');
}

/** Checks a value found at `path` and returns it typed. */
type Decoder<T> = (value: unknown, path: string) => T;

function fail(path: string, expected: string, value: unknown): never {
  const found = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  throw new FormatError(`parseReport: ${path} must be ${expected}, not ${found.slice(0, 60)}`);
}

const text: Decoder<string> = (value, path) => (typeof value === 'string' ? value : fail(path, 'a string', value));

const NON_FINITE = new Map([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((x) => [String(x), x]));

const number: Decoder<number> = (value, path) => {
  if (typeof value === 'number') return value;
  return (typeof value === 'string' ? NON_FINITE.get(value) : undefined) ?? fail(path, 'a number', value);
};

const setting: Decoder<SettingValue> = (value, path) =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : fail(path, 'a string, a number or a boolean', value);

function oneOf<T extends string | number>(...allowed: readonly T[]): Decoder<T> {
  return (value, path) =>
    allowed.find((candidate) => candidate === value) ??
    fail(path, allowed.map((v) => JSON.stringify(v)).join(' or '), value);
}

function nullable<T>(decode: Decoder<T>): Decoder<T | null> {
  return (value, path) => (value === null ? null : decode(value, path));
}

function list<T>(decode: Decoder<T>): Decoder<T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((item: unknown, index) => decode(item, `${path}[${index}]`))
      : fail(path, 'a list', value);
}

function fieldsOf(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(path, 'an object', value);
  return value as Record<string, unknown>;
}

function dictionary<T>(decode: Decoder<T>): Decoder<Record<string, T>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(fieldsOf(value, path)).map(([key, item]) => [key, decode(item, `${path}.${key}`)]),
    );
}

function object<T extends object>(decoders: { readonly [Key in keyof T]-?: Decoder<T[Key]> }): Decoder<T> {
  return (value, path) => {
    const fields = fieldsOf(value, path);
    const decoded: Partial<T> = {};
    for (const key in decoders) {
      decoded[key] = decoders[key](Object.hasOwn(fields, key) ? fields[key] : undefined, `${path}.${key}`);
    }
    return decoded as T;
  };
}

const inputRange = object<InputRange>({ maxAbs: number, q999: number, shareOutside: number });

const epochLayer = object<EpochLayerRecord>({
  lambda: number,
  train: inputRange,
  validation: nullable(inputRange),
});

const epoch = object<EpochRecord>({
  epoch: number,
  steps: number,
  trainLoss: number,
  boundaryLoss: number,
  trainAccuracy: number,
  validationLoss: nullable(number),
  validationAccuracy: nullable(number),
  learningRate: number,
  seconds: number,
  gradientNorm: object<EpochRecord['gradientNorm']>({ median: number, max: number }),
  clippedShare: number,
  layers: list(epochLayer),
});

const layer = object<LayerRecord>({
  name: text,
  target: text,
  degree: number,
  bound: number,
  alpha: number,
  curve: list(object<CurvePoint>({ x: number, target: number, polynomial: number })),
  histogram: object<HistogramRecord>({ edges: list(number), counts: list(number) }),
});

const run = object<RunRecord>({
  name: text,
  role: oneOf('polynomial', 'reference'),
  settings: dictionary(setting),
  device: text,
  seed: number,
  parameters: number,
  clipNorm: nullable(number),
  epochs: list(epoch),
  layers: list(layer),
  final: nullable(
    object<FinalRecord>({
      epoch: number,
      testLoss: number,
      testAccuracy: number,
      layers: list(inputRange),
      seconds: number,
    }),
  ),
  stopped: nullable(object<StopRecord>({ layer: nullable(text), step: number, reason: text })),
});

const sample = object<SampleRecord>({
  image: list(number),
  height: number,
  width: number,
  channels: oneOf(1, 3),
  label: number,
  predictions: list(list(number)),
});

const report = object<Report>({
  version: oneOf(REPORT_VERSION),
  title: text,
  created: text,
  software: text,
  dataset: object<DatasetRecord>({ name: text, train: number, test: number, classes: list(text) }),
  runs: list(run),
  samples: list(sample),
});
