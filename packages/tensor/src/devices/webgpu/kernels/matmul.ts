import type { Kernels } from '../../../kernels.js';
import { joinAxes } from '../../joined-axes.js';
import { type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import { gemm, type Loader, type TileName, tileOf } from '../wgsl/gemm.js';
import { coordinates, numbered, offsetAt, valuesOf } from '../wgsl/indexing.js';
import type { ScalarType } from '../wgsl/program.js';
import { fill } from './elementwise.js';
import { multiply } from './product.js';

/** Elements at line·lineStride + depth·depthStride, one of which is 1. */
function matrixLoader(
  name: string,
  type: ScalarType,
  contiguous: 'line' | 'depth',
  stride: string,
  isQuad: boolean,
): Loader {
  const [line, depth] = contiguous === 'line' ? ['line', `depth * p.${stride}`] : [`line * p.${stride}`, 'depth'];
  return {
    name,
    line: `return vec4<i32>(i32(${line}), 0, 0, 0);`,
    depth: `return vec4<i32>(i32(${depth}), 0, 0, 0);`,
    element: `return ${name}[line.x + depth.x];`,
    ...(isQuad ? { quad: `return ${name}[(line.x + depth.x) >> 2u];`, elements: `vec4<${type}>` } : {}),
    contiguous,
  };
}

interface MatmulVariant {
  readonly [key: string]: string | number | boolean;
  readonly type: ScalarType;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Whether rows of a, and columns of b, are read four at a time. */
  readonly quadsA: boolean;
  readonly quadsB: boolean;
  /** Axes of the batch, joined where possible. */
  readonly rank: number;
  readonly tile: TileName;
}

const product = kernel('matmul', ({ type, transposeA, transposeB, quadsA, quadsB, rank, tile }: MatmulVariant) =>
  gemm({
    type,
    tile: tileOf(tile),
    left: matrixLoader('a', type, transposeA ? 'line' : 'depth', 'aStride', quadsA),
    right: matrixLoader('b', type, transposeB ? 'depth' : 'line', 'bStride', quadsB),
    parameters: [
      'aStride',
      'bStride',
      ...numbered('shape', rank),
      ...numbered('aMatrix', rank),
      ...numbered('bMatrix', rank),
    ],
    bases: `${coordinates(rank, 'matrix')}
let leftBase = i32(${offsetAt(rank, 'aMatrix')});
let rightBase = i32(${offsetAt(rank, 'bMatrix')});
let matrixBase = i32(matrix * p.rows * p.columns);`,
    rowOffset: 'row * p.columns',
    columnOffset: 'column',
    hasBias: false,
  }),
);

/** Products of matrices. */
export function matmulKernels(executor: Executor): Pick<Kernels, 'matmul'> {
  return {
    matmul(a, b, out, { m, k, n, transposeA, transposeB, batch, aStrides, bStrides }) {
      if (out.size === 0) return;
      if (k === 0) {
        fill(executor, out, 0);
        return;
      }
      const aMatrices = aStrides.map((stride) => stride * m * k);
      const bMatrices = bStrides.map((stride) => stride * k * n);
      const { shape, strides } = joinAxes(batch, [aMatrices, bMatrices]);
      const matrices = out.size / (m * n);
      multiply(
        executor,
        product,
        {
          type: scalarType(out),
          transposeA,
          transposeB,
          quadsA: transposeA && m % 4 === 0,
          quadsB: !transposeB && n % 4 === 0,
          rank: shape.length,
        },
        {
          sizes: { matrices, rows: m, columns: n, depth: k },
          reads: [a, b],
          out,
          parameters: {
            aStride: transposeA ? m : k,
            bStride: transposeB ? k : n,
            ...valuesOf('shape', shape),
            ...valuesOf('aMatrix', strides[0]!),
            ...valuesOf('bMatrix', strides[1]!),
          },
        },
      );
    },
  };
}
