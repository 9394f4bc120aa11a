import { readFileSync } from 'node:fs';
import { FormatError } from '@pnn/tensor';

/** The golden files in this directory, by name. */
export const goldenFamilies = [
  'elementwise',
  'reductions',
  'matrix',
  'convolution',
  'pooling',
  'normalization',
  'losses',
  'polynomial',
  'penalty',
  'layers',
  'initialization',
  'optimizers',
  'adaptive',
  'schedulers',
  'transposed',
  'windows',
  'resampling',
  'classification',
  'regression',
  'margins',
  'activations',
  'norms',
  'embedding',
  'attention',
  'recurrent',
  'algebra',
  'schedules',
  'similarity',
  'functions',
  'scans',
  'rearrangement',
  'sound',
] as const;

/** The name of a golden file. */
export type GoldenFamily = (typeof goldenFamilies)[number];

/** A tensor in row-major order. Values of `bool` are 0 and 1. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: 'float64' | 'int32' | 'bool';
  readonly data: readonly number[];
}

/** Tensors by name. */
export type GoldenTensors = Readonly<Record<string, GoldenTensor>>;

/** An argument that is not a tensor: strides, axes, the layers of a network. */
export type GoldenAttribute =
  | string
  | number
  | boolean
  | null
  | readonly GoldenAttribute[]
  | { readonly [name: string]: GoldenAttribute };

/** One computation by PyTorch. Groups of tensors that it does not have are empty. */
export interface GoldenCase {
  /** Unique in its family. */
  readonly name: string;
  /** What kind of thing was computed. */
  readonly kind: GoldenKind;
  /** Which one: `conv2d`, `BatchNorm1d`, `crossEntropy`, `AdamW`, ... */
  readonly subject: string;
  readonly attributes: Readonly<Record<string, GoldenAttribute>>;
  /** Tensors that went in, in the order of the arguments. */
  readonly inputs: GoldenTensors;
  /** Learnable tensors by the names of a state dict, as they were before. */
  readonly parameters: GoldenTensors;
  /** Tensors of state that is not learnable by the names of a state dict, as they were before. */
  readonly buffers: GoldenTensors;
  /** Results; those under the name of a parameter or of a buffer are its values afterwards. */
  readonly outputs: GoldenTensors;
  /** Factors of the outputs in L = sum(output * cotangent). */
  readonly cotangents: GoldenTensors;
  /** dL by every differentiated input and parameter. */
  readonly gradients: GoldenTensors;
  /** dS for S = the sum of the squares of the gradients named by `of`. */
  readonly secondOrder?: { readonly of: readonly string[]; readonly gradients: GoldenTensors };
}

const kinds = ['operator', 'layer', 'loss', 'optimizer', 'scheduler', 'initialization', 'feature'] as const;

/** The kinds of things that the golden files hold. */
export type GoldenKind = (typeof kinds)[number];

type StoredCase = Omit<GoldenCase, 'kind' | 'subject'> & Partial<Record<GoldenKind, string>>;

const specialNumbers = new Map<unknown, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

const absent = { parameters: {}, buffers: {}, cotangents: {}, gradients: {} };

/**
 * All cases of a family, with the strings that stand for NaN and the infinities made numbers.
 * Throws a FormatError when a case has no kind that is known here.
 */
export function loadGolden(family: GoldenFamily): GoldenCase[] {
  const text = readFileSync(new URL(`${family}.json`, import.meta.url), 'utf8');
  const file: { cases: StoredCase[] } = JSON.parse(text, (_, value) => specialNumbers.get(value) ?? value);
  return file.cases.map((stored) => {
    const kind = kinds.find((candidate) => stored[candidate] !== undefined);
    const subject = kind && stored[kind];
    if (!kind || !subject) {
      throw new FormatError(
        `loadGolden: ${family}.json: case '${stored.name}' is none of ${kinds.join(', ')}; name one of them`,
      );
    }
    return { ...absent, ...stored, kind, subject };
  });
}
