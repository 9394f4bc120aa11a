import type { Operand } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { kernelSource, ravelIndex, unravelIndex } from '../source.js';

const isNumber = (value: string): string => `(${value} <= 0 || ${value} > 0)`;

/**
 * Whether the element `w` at `other` comes before `v` at `own`: by size, where NaN is the largest, then by position; what
 * is beyond the row comes last.
 */
function comesBefore(length: number, descending: boolean): string {
  return `let before = 0;
if (own >= ${length} || other >= ${length}) { before = other < own ? 1 : 0; }
else {
  if (${isNumber('v')}) {
    if (${isNumber('w')}) {
      if (w ${descending ? '>' : '<'} v) { before = 1; }
      if (w === v) { before = other < own ? 1 : 0; }
    } else { before = ${descending ? 1 : 0}; }
  } else {
    if (${isNumber('w')}) { before = ${descending ? 0 : 1}; } else { before = other < own ? 1 : 0; }
  }
}`;
}

/**
 * Positions of the first elements of every row in order, as many as `indices` has, by Batcher's bitonic network ("Sorting
 * networks and their applications", AFIPS 1968): blocks of 2, 4, 8, … are sorted, every other one backward, in
 * log2(n)·(log2(n) + 1)/2 steps of n exchanges each.
 */
export function sortPositions(
  executor: Executor,
  x: Operand,
  indices: Operand,
  length: number,
  descending: boolean,
): void {
  const rows = x.size / length;
  const count = indices.size / rows;
  let room = 1;
  while (room < length) room *= 2;
  const { statements, at } = unravelIndex('this.thread.x', [rows, room], 'i');
  /** What is read beyond the row is not looked at. */
  const read = (name: string, position: string): string => `let ${name}At = ${position};
if (${position} >= ${length}) { ${name}At = 0; }
const ${name} = x[${ravelIndex([at[0]!, `${name}At`], [length, 1])}];`;
  const exchange = kernelSource(
    ['x', 'positions', 'distance', 'perDistance', 'perBlock'],
    `${statements}
const pair = Math.floor(${at[1]} * perDistance);
const isSecond = pair - 2 * Math.floor(pair * 0.5);
const block = Math.floor(${at[1]} * perBlock);
const isBackward = block - 2 * Math.floor(block * 0.5);
const own = positions[this.thread.x];
const other = positions[this.thread.x + distance - 2 * distance * isSecond];
${read('v', 'own')}
${read('w', 'other')}
${comesBefore(length, descending)}
const wantsFirst = isSecond === isBackward ? 1 : 0;
return before === wantsFirst ? other : own;`,
  );
  executor.withTemporary(rows * room, (positions) => {
    executor.launch(positions, kernelSource(['none'], `${statements}\nreturn ${at[1]} + none;`), 0);
    for (let block = 2; block <= room; block *= 2) {
      for (let distance = block / 2; distance >= 1; distance /= 2) {
        executor.launch(positions, exchange, x, positions, distance, 1 / distance, 1 / block);
      }
    }
    const first = unravelIndex('this.thread.x', [rows, count], 'i');
    const pick = `${first.statements}\nreturn positions[${ravelIndex([first.at[0]!, first.at[1]!], [room, 1])}];`;
    executor.launch(indices, kernelSource(['positions'], pick), positions);
  });
}
