import { fitPolynomial } from '@pnn/pnn';

/** What is computed on every side of a comparison. */
export type WebGpuWork =
  | { readonly kind: 'matmul'; readonly side: number }
  | {
      readonly kind: 'conv forward' | 'conv input gradient' | 'conv weight gradient';
      readonly images: number;
      readonly channels: number;
      readonly filters: number;
      /** Rows and columns of an image; the window is 3x3, padded by 1. */
      readonly plane: number;
    }
  | {
      readonly kind: 'polynomial forward' | 'polynomial backward';
      readonly count: number;
      readonly bound: number;
      /** Of the even part in s = 2t² − 1, then of the odd part. */
      readonly coefficients: readonly number[];
      readonly evenTerms: number;
    }
  /** Sums of small tensors, each of the last one and another. */
  | { readonly kind: 'small kernels'; readonly count: number; readonly calls: number };

/** A work, and what it is called in tables. */
export interface NamedWork {
  readonly name: string;
  readonly work: WebGpuWork;
}

const BOUND = 10;

/** Sides of matrices, images of a batch, elements of tensors: so large, or so small that it is only shown that all runs. */
function worksOf(side: number, images: number, plane: number, count: number): readonly NamedWork[] {
  const convolution = { images, channels: plane, filters: 2 * plane, plane };
  const fit = fitPolynomial('relu', { degree: 8, bound: BOUND }).evenOdd();
  const polynomial = {
    count,
    bound: BOUND,
    coefficients: [...fit.even, ...fit.odd],
    evenTerms: fit.even.length,
  };
  const shape = `3x3, ${images}x${plane}x${plane}x${plane} to ${2 * plane}`;
  const convolutions = (['conv forward', 'conv input gradient', 'conv weight gradient'] as const).map((kind) => ({
    name: `${kind} ${shape}`,
    work: { kind, ...convolution },
  }));
  const polynomials = (['polynomial forward', 'polynomial backward'] as const).map((kind) => ({
    name: `${kind}, degree 8, ${count}`,
    work: { kind, ...polynomial },
  }));
  return [
    { name: `matmul ${side}`, work: { kind: 'matmul', side } },
    ...convolutions,
    ...polynomials,
    { name: '64 small kernels', work: { kind: 'small kernels', count: 256, calls: 64 } },
  ];
}

export const works: readonly NamedWork[] = worksOf(512, 8, 32, 2 ** 20);
export const smallWorks: readonly NamedWork[] = worksOf(32, 2, 8, 2 ** 8);
