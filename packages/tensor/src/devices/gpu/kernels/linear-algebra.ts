import type { Kernels, Operand } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { rememberBounds } from '../integers.js';
import { kernelSource, ravelIndex, unravelIndex } from '../source.js';

/** The flat index of an element of [batch, rows, columns]. */
function element(batch: string, rows: number, columns: number): (row: string, column: string) => string {
  return (row, column) => ravelIndex([batch, row, column], [rows * columns, columns, 1]);
}

/** For elimination step k of n×n matrices: the pivot, the exchange of rows and columns, and what is left then. */
function eliminationSources(count: number, n: number) {
  const line = unravelIndex('this.thread.x', [count, n], 'i');
  const ofLine = element(line.at[0]!, n, n);
  const side = unravelIndex('this.thread.x', [count, 2], 'i');
  const ofSide = element(side.at[0]!, n, n);
  const cell = unravelIndex('this.thread.x', [count, n, n], 'i');
  const [matrix, i, j] = cell.at as [string, string, string];
  const ofCell = element(matrix, n, n);
  const place = unravelIndex('this.thread.x', [count, 2, n], 'i');
  const [owner, which, position] = place.at as [string, string, string];
  const exchanged = (name: string, own: string, pivot: string): string => `let ${name} = ${own};
if (${own} === ${pivot}) { ${name} = k; }
if (${own} === k) { ${name} = ${pivot}; }`;

  return {
    columnOfRow: kernelSource(
      ['x', 'k'],
      `${line.statements}
let place = k;
let largest = -1.0;
for (let j = 0; j < ${n}; j++) {
  if (j >= k) {
    const size = Math.abs(x[${ofLine(line.at[1]!, 'j')}]);
    if (size > largest) { largest = size; place = j; }
  }
}
return place;`,
    ),
    pivot: kernelSource(
      ['x', 'best', 'k'],
      `${side.statements}
let row = k;
let column = k;
let largest = -1.0;
for (let i = 0; i < ${n}; i++) {
  if (i >= k) {
    const place = best[${ravelIndex([side.at[0]!, 'i'], [n, 1])}];
    const size = Math.abs(x[${ofSide('i', 'place')}]);
    if (size > largest) { largest = size; row = i; column = place; }
  }
}
if (${side.at[1]} < 0.5) { return row; }
return column;`,
    ),
    eliminate: kernelSource(
      ['x', 'pivot', 'k'],
      `${cell.statements}
const p = pivot[${ravelIndex([matrix], [2])}];
const q = pivot[${ravelIndex([matrix], [2], 1)}];
${exchanged('row', i, 'p')}
${exchanged('column', j, 'q')}
const value = x[${ofCell('row', 'column')}];
if (${i} <= k) { return value; }
if (${j} < k) { return value; }
const top = x[${ofCell('p', 'q')}];
let share = x[${ofCell('row', 'q')}];
if (Math.abs(top) > 0) { share = share / top; }
if (${j} === k) { return share; }
return value - share * x[${ofCell('p', 'column')}];`,
    ),
    start: kernelSource(['none'], `${place.statements}\nreturn ${position} + none;`),
    exchange: kernelSource(
      ['order', 'pivot', 'k'],
      `${place.statements}
const other = pivot[${ravelIndex([owner, which], [2, 1])}];
${exchanged('from', position, 'other')}
return order[${ravelIndex([owner, which, 'from'], [2 * n, n, 1])}];`,
    ),
    part: kernelSource(
      ['order', 'first'],
      `${line.statements}\nreturn order[${ravelIndex([line.at[0]!, `(${line.at[1]} + first)`], [2 * n, 1])}];`,
    ),
  };
}

/** Right-looking: each step of an elimination finishes a row or column, and takes its share from all that are left. */
export function linearAlgebraKernels(executor: Executor): Pick<Kernels, 'lu' | 'triangularSolve' | 'cholesky'> {
  return {
    lu(x, out, rows, columns) {
      if (x.size === 0) return;
      const n = x.shape.at(-1)!;
      const count = x.size / (n * n);
      const sources = eliminationSources(count, n);
      const eliminate = (best: Operand, pivot: Operand, order: Operand): void => {
        executor.launch(order, sources.start, 0);
        for (let k = 0; k < n; k++) {
          const from = k === 0 ? x : out;
          executor.launch(best, sources.columnOfRow, from, k);
          executor.launch(pivot, sources.pivot, from, best, k);
          executor.launch(out, sources.eliminate, from, pivot, k);
          executor.launch(order, sources.exchange, order, pivot, k);
        }
        executor.launch(rows, sources.part, order, 0);
        executor.launch(columns, sources.part, order, n);
      };
      executor.withTemporary(count * n, (best) =>
        executor.withTemporary(count * 2, (pivot) =>
          executor.withTemporary(count * 2 * n, (order) => eliminate(best, pivot, order)),
        ),
      );
      for (const order of [rows, columns]) rememberBounds(order, [0, n - 1]);
    },
    triangularSolve(a, b, out, { upper, transpose, unitDiagonal }) {
      if (b.size === 0) return;
      const [n, m] = b.shape.slice(-2) as [number, number];
      const { statements, at } = unravelIndex('this.thread.x', [b.size / (n * m), n, m], 'i');
      const [matrix, row, column] = at as [string, string, string];
      const coefficient = element(matrix, n, n);
      const backward = upper !== transpose;
      const source = kernelSource(
        ['a', 'x', 'k'],
        `${statements}
const own = x[this.thread.x];
if (${row} ${backward ? '>' : '<'} k) { return own; }
const top = x[${element(matrix, n, m)('k', column)}]${unitDiagonal ? '' : ` / a[${coefficient('k', 'k')}]`};
if (${row} === k) { return top; }
return own - a[${transpose ? coefficient('k', row) : coefficient(row, 'k')}] * top;`,
      );
      for (let step = 0; step < n; step++) {
        executor.launch(out, source, a, step === 0 ? b : out, backward ? n - 1 - step : step);
      }
    },
    cholesky(x, out) {
      if (x.size === 0) return;
      const n = x.shape.at(-1)!;
      const { statements, at } = unravelIndex('this.thread.x', [x.size / (n * n), n, n], 'i');
      const [matrix, row, column] = at as [string, string, string];
      const entry = element(matrix, n, n);
      const source = kernelSource(
        ['x', 'k'],
        `${statements}
if (${row} < ${column}) { return 0.0; }
const own = x[this.thread.x];
if (${column} < k) { return own; }
const root = Math.sqrt(x[${entry('k', 'k')}]);
if (${row} === k) { return root; }
const left = x[${entry(row, 'k')}] / root;
if (${column} === k) { return left; }
return own - left * (x[${entry(column, 'k')}] / root);`,
      );
      for (let k = 0; k < n; k++) executor.launch(out, source, k === 0 ? x : out, k);
    },
  };
}
