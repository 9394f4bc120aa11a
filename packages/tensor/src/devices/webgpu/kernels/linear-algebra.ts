import type { Kernels } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { kernel } from '../pipelines.js';
import { foldGroup } from '../wgsl/reduce.js';

/** Invocations that share a matrix. */
const GROUP = 128;
/** Invocations that solve for a column each. */
const COLUMNS = 64;

/**
 * A matrix a workgroup. Sizes are compared by their bits, the largest first, then the first in order; all NaN are the same
 * there. Where all that is left is 0, dividing by 1 leaves it so.
 */
const factoring = kernel('lu', () => ({
  reads: { x: 'f32' },
  writes: { out: 'f32', rows: 'i32', columns: 'i32' },
  parameters: { n: 'u32' },
  workgroupSize: GROUP,
  declarations: `fn better(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  return select(b, a, a.x > b.x || (a.x == b.x && a.y < b.y));
}
var<workgroup> best: array<vec2<u32>, ${GROUP}>;`,
  body: `let first = block * p.n * p.n;
for (var i = local; i < p.n * p.n; i += ${GROUP}u) { out[first + i] = x[first + i]; }
for (var i = local; i < p.n; i += ${GROUP}u) {
  rows[block * p.n + i] = i32(i);
  columns[block * p.n + i] = i32(i);
}
storageBarrier();
for (var k = 0u; k < p.n; k++) {
  let left = p.n - k;
  var own = vec2<u32>(0u, 0xffffffffu);
  for (var i = local; i < left * left; i += ${GROUP}u) {
    let place = (k + i / left) * p.n + k + i % left;
    let bits = min(magnitudeBits(out[first + place]), 0x7f800001u);
    own = better(own, vec2<u32>(bits + 1u, place));
  }
  ${foldGroup('best', 'own', (a, b) => `better(${a}, ${b})`, GROUP)}
  let row = best[0].y / p.n;
  let column = best[0].y % p.n;
  workgroupBarrier();
  if (row != k) {
    for (var j = local; j < p.n; j += ${GROUP}u) {
      let kept = out[first + k * p.n + j];
      out[first + k * p.n + j] = out[first + row * p.n + j];
      out[first + row * p.n + j] = kept;
    }
  }
  storageBarrier();
  if (column != k) {
    for (var i = local; i < p.n; i += ${GROUP}u) {
      let kept = out[first + i * p.n + k];
      out[first + i * p.n + k] = out[first + i * p.n + column];
      out[first + i * p.n + column] = kept;
    }
  }
  if (local == 0u) {
    let keptRow = rows[block * p.n + k];
    rows[block * p.n + k] = rows[block * p.n + row];
    rows[block * p.n + row] = keptRow;
    let keptColumn = columns[block * p.n + k];
    columns[block * p.n + k] = columns[block * p.n + column];
    columns[block * p.n + column] = keptColumn;
  }
  storageBarrier();
  let top = out[first + k * p.n + k];
  let pivot = select(top, 1.0, magnitudeBits(top) == 0u);
  for (var i = k + 1u + local; i < p.n; i += ${GROUP}u) { out[first + i * p.n + k] /= pivot; }
  storageBarrier();
  let below = left - 1u;
  for (var i = local; i < below * below; i += ${GROUP}u) {
    let y = k + 1u + i / below;
    let z = k + 1u + i % below;
    out[first + y * p.n + z] -= out[first + y * p.n + k] * out[first + k * p.n + z];
  }
  storageBarrier();
}`,
}));

/** A column of one matrix an invocation, from the row that depends on no other. */
const solving = kernel(
  'triangularSolve',
  ({ backward, transpose, unitDiagonal }: { backward: boolean; transpose: boolean; unitDiagonal: boolean }) => ({
    reads: { a: 'f32', b: 'f32' },
    writes: { out: 'f32' },
    parameters: { count: 'u32', n: 'u32', m: 'u32' },
    workgroupSize: COLUMNS,
    body: `if (index >= p.count) { return; }
let a0 = index / p.m * p.n * p.n;
let b0 = index / p.m * p.n * p.m + index % p.m;
for (var step = 0u; step < p.n; step++) {
  let i = ${backward ? 'p.n - 1u - step' : 'step'};
  var rest = b[b0 + i * p.m];
  for (var earlier = 0u; earlier < step; earlier++) {
    let k = ${backward ? 'p.n - 1u - earlier' : 'earlier'};
    rest -= a[a0 + ${transpose ? 'k * p.n + i' : 'i * p.n + k'}] * out[b0 + k * p.m];
  }
  out[b0 + i * p.m] = rest${unitDiagonal ? '' : ' / a[a0 + i * p.n + i]'};
}`,
  }),
);

/** A matrix a workgroup, column by column. */
const rooting = kernel('cholesky', () => ({
  reads: { x: 'f32' },
  writes: { out: 'f32' },
  parameters: { n: 'u32' },
  workgroupSize: GROUP,
  declarations: 'var<workgroup> root: f32;',
  body: `let first = block * p.n * p.n;
for (var k = 0u; k < p.n; k++) {
  for (var i = local; i < k; i += ${GROUP}u) { out[first + i * p.n + k] = 0.0; }
  for (var i = k + local; i < p.n; i += ${GROUP}u) {
    var rest = x[first + i * p.n + k];
    for (var j = 0u; j < k; j++) { rest -= out[first + i * p.n + j] * out[first + k * p.n + j]; }
    if (i == k) {
      root = notANumber();
      if (rest > 0.0 && !isNan(rest)) { root = sqrt(rest); }
    } else {
      out[first + i * p.n + k] = rest;
    }
  }
  workgroupBarrier();
  for (var i = k + local; i < p.n; i += ${GROUP}u) {
    if (i == k) { out[first + i * p.n + k] = root; } else { out[first + i * p.n + k] /= root; }
  }
  storageBarrier();
  workgroupBarrier();
}`,
}));

/** Products of triangular matrices, and systems of equations. */
export function linearAlgebraKernels(executor: Executor): Pick<Kernels, 'lu' | 'triangularSolve' | 'cholesky'> {
  return {
    lu(x, out, rows, columns) {
      if (x.size === 0) return;
      const n = x.shape.at(-1)!;
      const groups = x.size / (n * n);
      executor.run(
        factoring,
        {},
        { reads: [x], writes: [out, rows, columns], parameters: { n }, groups, operations: x.size * n },
      );
    },
    triangularSolve(a, b, out, { upper, transpose, unitDiagonal }) {
      if (b.size === 0) return;
      const [n, m] = b.shape.slice(-2) as [number, number];
      const count = b.size / n;
      executor.run(
        solving,
        { backward: upper !== transpose, transpose, unitDiagonal },
        {
          reads: [a, b],
          writes: [out],
          parameters: { count, n, m },
          groups: Math.ceil(count / COLUMNS),
          operations: b.size * n,
        },
      );
    },
    cholesky(x, out) {
      if (x.size === 0) return;
      const n = x.shape.at(-1)!;
      const groups = x.size / (n * n);
      executor.run(rooting, {}, { reads: [x], writes: [out], parameters: { n }, groups, operations: x.size * n });
    },
  };
}
