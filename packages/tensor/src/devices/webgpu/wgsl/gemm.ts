import type { Program, ScalarType } from './program.js';

/** How a product is cut. */
export interface Tile {
  /** Rows, columns and depth of the part that a workgroup has in shared memory at a time. */
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Rows and columns that an invocation keeps in registers; multiples of 4. */
  readonly ownRows: number;
  readonly ownColumns: number;
  /** Depths that are written out one after the other in the innermost loop. */
  readonly unrolled: number;
  /** Whether operands go through shared memory; on a processor they had better not. */
  readonly shared: boolean;
}

/**
 * A tile: rows x columns x depth, then what an invocation computes, and how many depths are written out in a row; or
 * `registers`, and what an invocation computes of what it reads by itself.
 */
export type TileName =
  | `${number}x${number}x${number}/${number}x${number}${'' | `/${number}`}`
  | 'registers/4x4'
  | 'registers/8x8';

/** How a product is cut: its tile, and the number of parts of its depth that are summed up afterwards. */
export interface Cut {
  readonly tile: TileName;
  readonly parts: number;
}

/** The tile of a name; on a processor every invocation reads what it multiplies. */
export function tileOf(name: TileName): Tile {
  if (name === 'registers/4x4' || name === 'registers/8x8') {
    // What is small is compiled anew for few operations.
    const [own, unrolled] = name === 'registers/4x4' ? [4, 1] : [8, 2];
    return { rows: 8 * own, columns: 8 * own, depth: 16, ownRows: own, ownColumns: own, unrolled, shared: false };
  }
  const [rows, columns, depth, ownRows, ownColumns, unrolled = 1] = name.split(/[x/]/).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number?,
  ];
  return { rows, columns, depth, ownRows, ownColumns, unrolled, shared: true };
}

/**
 * How one factor is read: as elements that are found by a line (a row of the left factor, a column of the right one) and a
 * depth. Lines and depths are taken apart once, and combined for every element.
 */
export interface Loader {
  /** The buffer. */
  readonly name: string;
  /** Statements of a function `(line: u32) -> vec4<i32>`; where the matrix begins is added to the first. */
  readonly line: string;
  /** Statements of a function `(depth: u32) -> vec4<i32>`. */
  readonly depth: string;
  /** Statements of a function `(line: vec4<i32>, depth: vec4<i32>)` that returns the element. */
  readonly element: string;
  /**
   * Statements of a function of the same parameters that returns the elements of four lines, of which it gets the first;
   * where their number is a multiple of 4 and they are read more cheaply together.
   */
  readonly quad?: string | undefined;
  /** What the buffer is bound as, where it is not single elements. */
  readonly elements?: string;
  /** Along which of them neighbors lie side by side. */
  readonly contiguous: 'line' | 'depth';
}

/** A product of matrices, or what is computed like one. */
export interface Product {
  readonly type: ScalarType;
  readonly tile: Tile;
  readonly left: Loader;
  readonly right: Loader;
  /** Parameters of loaders and stores, all u32. */
  readonly parameters: readonly string[];
  /** Variables of the module that loaders read, and `bases` sets. */
  readonly declarations?: string;
  /** Statements that declare `leftBase`, `rightBase` and `matrixBase`, where the outputs begin (i32), from `matrix`. */
  readonly bases: string;
  /** An expression of the depth of a matrix, where it is not that of all; it may use what `bases` declares. */
  readonly depthOf?: string;
  /** Expressions of `row` and of `column`, whose sum with the base is where the result goes. */
  readonly rowOffset: string;
  readonly columnOffset: string;
  /** Whether a number is added to each row (of the first part). */
  readonly hasBias: boolean;
}

/** The invocations of a workgroup. */
export function invocationsOf({ rows, columns, ownRows, ownColumns }: Tile): number {
  return (rows / ownRows) * (columns / ownColumns);
}

const lanes = ['x', 'y', 'z', 'w'] as const;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function loaderFunctions(side: 'left' | 'right', { line, depth, element, quad }: Loader, type: ScalarType): string {
  const parameters = 'line: vec4<i32>, depth: vec4<i32>';
  return `fn ${side}Line(line: u32) -> vec4<i32> { ${line} }
fn ${side}Depth(depth: u32) -> vec4<i32> { ${depth} }
${
  quad === undefined
    ? `fn ${side}Element(${parameters}) -> ${type} { ${element} }`
    : `fn ${side}Quad(${parameters}) -> vec4<${type}> { ${quad} }`
}`;
}

/** Statements that take the lines of four neighbors apart, from the first one on, within the number of lines. */
function declareLines(
  side: 'left' | 'right',
  { quad }: Loader,
  first: string,
  limit: string,
  name: (lane: number) => string,
): string {
  const declare = (lane: number, line: string) =>
    `let ${name(lane)} = ${side}Line(min(${line})) + vec4<i32>(${side}Base, 0, 0, 0);`;
  if (quad !== undefined) return declare(0, `${first}, ${limit} - 4u`);
  return range(4)
    .map((lane) => declare(lane, `${first} + ${lane}u, ${limit} - 1u`))
    .join('\n');
}

/** An expression of the elements of four lines at a depth. */
function loadLines(
  side: 'left' | 'right',
  { quad }: Loader,
  type: ScalarType,
  name: (lane: number) => string,
  depth: string,
): string {
  if (quad !== undefined) return `${side}Quad(${name(0)}, ${depth})`;
  return `vec4<${type}>(${range(4)
    .map((lane) => `${side}Element(${name(lane)}, ${depth})`)
    .join(', ')})`;
}

/** Vectors from one depth to the next in shared memory; one more where invocations beside each other store along the depth. */
function strideOf(lines: number, contiguous: Loader['contiguous']): number {
  return lines / 4 + (contiguous === 'depth' ? 1 : 0);
}

/** Where the lines are that an invocation loads, four at a time, and which depths it loads of them. */
function loadPlan(side: 'left' | 'right', { contiguous }: Loader, lines: number, { depth }: Tile, invocations: number) {
  const vectors = (lines / 4) * depth;
  const count = Math.ceil(vectors / invocations);
  const slot = (i: number) => `(local + ${i * invocations}u)`;
  const byDepth = contiguous === 'depth';
  const stride = strideOf(lines, contiguous);
  const line = (i: number) => (byDepth ? `(${slot(i)} / ${depth}u)` : `(${slot(i)} % ${lines / 4}u)`);
  const place = (i: number) => (byDepth ? `(${slot(i)} % ${depth}u)` : `(${slot(i)} / ${lines / 4}u)`);
  // Where all slots of an invocation have the same line, or the same depth, it is taken apart once.
  const linesDiffer = byDepth || invocations % (lines / 4) !== 0;
  const depthsDiffer = !byDepth || invocations % depth !== 0;
  return {
    count,
    partial: vectors % invocations !== 0 ? vectors : undefined,
    slot,
    target: (i: number) => `${place(i)} * ${stride}u + ${line(i)}`,
    line,
    place,
    lineName: (i: number, lane: number) => `${side}Line${linesDiffer ? i : 0}_${lane}`,
    lineSlots: linesDiffer ? count : 1,
    depthName: (i: number) => `${side}Depth${depthsDiffer ? i : 0}`,
    depthSlots: depthsDiffer ? count : 1,
  };
}

function store({ hasBias, tile: own }: Product, rowOf: (r: number) => string, columnOf: (c: number) => string): string {
  const columns = range(own.ownColumns);
  return `${columns
    .map((c) => `let column${c} = ${columnOf(c)};\nlet columnOffset${c} = columnOffset(column${c});`)
    .join('\n')}
${range(own.ownRows)
  .map(
    (r) => `{
  let row = ${rowOf(r)};
  if (row < p.rows) {
    let start = outBase + rowOffset(row);
    ${hasBias ? 'let shift = select(0.0, bias[biasBase + i32(row)], part == 0u);' : ''}
${columns
  .map(
    (c) =>
      `    if (column${c} < p.columns) { out[start + columnOffset${c}] = sum${r}_${c >> 2}.${lanes[c & 3]}${hasBias ? ' + shift' : ''}; }`,
  )
  .join('\n')}
  }
}`,
  )
  .join('\n')}`;
}

function multiplyAdd(type: ScalarType, sum: string, scalar: string, vector: string): string {
  return type === 'f32' ? `${sum} = fma(vec4<f32>(${scalar}), ${vector}, ${sum});` : `${sum} += ${scalar} * ${vector};`;
}

const zeroOf = (type: ScalarType): string => `${type}(0)`;

/** Operands go through shared memory; the next part is on its way to registers while this one is multiplied. */
function sharedBody(product: Product): string {
  const { tile: own, type, left, right } = product;
  const { rows, columns, depth, ownRows, ownColumns, unrolled } = own;
  const invocations = invocationsOf(own);
  const across = columns / ownColumns;
  const vector = `vec4<${type}>`;
  const plans = [
    {
      side: 'left' as const,
      loader: left,
      plan: loadPlan('left', left, rows, own, invocations),
      start: 'rowStart',
      limit: 'p.rows',
    },
    {
      side: 'right' as const,
      loader: right,
      plan: loadPlan('right', right, columns, own, invocations),
      start: 'columnStart',
      limit: 'p.columns',
    },
  ];
  const lineDeclarations = plans.flatMap(({ side, loader, plan, start, limit }) =>
    range(plan.lineSlots).map((i) =>
      declareLines(side, loader, `${start} + ${plan.line(i)} * 4u`, limit, (lane) => plan.lineName(i, lane)),
    ),
  );
  const nextDeclarations = plans.flatMap(({ side, plan }) =>
    range(plan.count).map((i) => `var ${side}Next${i} = ${vector}(${zeroOf(type)});`),
  );
  const load = plans
    .flatMap(({ side, loader, plan }) => [
      ...range(plan.depthSlots).map(
        (i) => `let ${plan.depthName(i)} = ${side}Depth(min(at + ${plan.place(i)}, depthEnd - 1u));`,
      ),
      ...range(plan.count).map((i) => {
        const value = loadLines(side, loader, type, (lane) => plan.lineName(i, lane), plan.depthName(i));
        const isInside = `at + ${plan.place(i)} < depthEnd${plan.partial ? ` && ${plan.slot(i)} < ${plan.partial}u` : ''}`;
        return `${side}Next${i} = ${vector}(${zeroOf(type)});
if (${isInside}) { ${side}Next${i} = ${value}; }`;
      }),
    ])
    .join('\n');
  const keep = plans
    .flatMap(({ side, plan }) =>
      range(plan.count).map((i) => {
        const statement = `${side}Tile[${plan.target(i)}] = ${side}Next${i};`;
        return plan.partial ? `if (${plan.slot(i)} < ${plan.partial}u) { ${statement} }` : statement;
      }),
    )
    .join('\n');
  const rowParts = range(ownRows / 4);
  const columnParts = range(ownColumns / 4);
  const multiply = (k: string): string =>
    [
      ...rowParts.map(
        (i) =>
          `let left${i} = leftTile[${k} * ${strideOf(rows, left.contiguous)}u + ${(i * rows) / (ownRows / 4) / 4}u + down];`,
      ),
      ...columnParts.map(
        (j) =>
          `let right${j} = rightTile[${k} * ${strideOf(columns, right.contiguous)}u + ${(j * columns) / (ownColumns / 4) / 4}u + across];`,
      ),
      ...range(ownRows).flatMap((r) =>
        columnParts.map((j) => multiplyAdd(type, `sum${r}_${j}`, `left${r >> 2}.${lanes[r & 3]}`, `right${j}`)),
      ),
    ].join('\n');
  const rowOf = (r: number) => `rowStart + ${(r >> 2) * (rows / (ownRows / 4))}u + down * 4u + ${r & 3}u`;
  const columnOf = (c: number) => `columnStart + ${(c >> 2) * (columns / (ownColumns / 4))}u + across * 4u + ${c & 3}u`;
  return `let across = local % ${across}u;
let down = local / ${across}u;
${lineDeclarations.join('\n')}
${nextDeclarations.join('\n')}
${range(ownRows)
  .flatMap((r) => columnParts.map((j) => `var sum${r}_${j} = ${vector}(${zeroOf(type)});`))
  .join('\n')}
{
  let at = depthStart;
  ${load}
}
for (var start = depthStart; start < depthEnd; start += ${depth}u) {
  ${keep}
  workgroupBarrier();
  {
    let at = start + ${depth}u;
    if (at < depthEnd) {
      ${load}
    }
  }
  for (var k = 0u; k < ${depth}u; k += ${unrolled}u) {
    ${range(unrolled)
      .map((i) => `{ ${multiply(i === 0 ? 'k' : `(k + ${i}u)`)} }`)
      .join('\n')}
  }
  workgroupBarrier();
}
${store(product, rowOf, columnOf)}`;
}

/** Every invocation reads what it multiplies. */
function registerBody(product: Product): string {
  const { tile: own, type, left, right } = product;
  const { columns, ownRows, ownColumns, unrolled } = own;
  const across = columns / ownColumns;
  const vector = `vec4<${type}>`;
  const [rowParts, columnParts] = [range(ownRows / 4), range(ownColumns / 4)];
  const rowOf = (r: number) => `rowStart + down * ${ownRows}u + ${r}u`;
  const columnOf = (c: number) => `columnStart + across * ${ownColumns}u + ${c}u`;
  const lineName = (side: string, part: number) => (lane: number) => `${side}Line${4 * part + lane}`;
  const multiply = (k: string): string => `{
  let leftAt = leftDepth(${k});
  let rightAt = rightDepth(${k});
  ${rowParts.map((i) => `let left${i} = ${loadLines('left', left, type, lineName('left', i), 'leftAt')};`).join('\n')}
  ${columnParts
    .map((j) => `let right${j} = ${loadLines('right', right, type, lineName('right', j), 'rightAt')};`)
    .join('\n')}
  ${range(ownRows)
    .flatMap((r) =>
      columnParts.map((j) => multiplyAdd(type, `sum${r}_${j}`, `left${r >> 2}.${lanes[r & 3]}`, `right${j}`)),
    )
    .join('\n')}
}`;
  return `let across = local % ${across}u;
let down = local / ${across}u;
if (${rowOf(0)} >= p.rows || ${columnOf(0)} >= p.columns) { return; }
${rowParts.map((i) => declareLines('left', left, rowOf(4 * i), 'p.rows', lineName('left', i))).join('\n')}
${columnParts.map((j) => declareLines('right', right, columnOf(4 * j), 'p.columns', lineName('right', j))).join('\n')}
${range(ownRows)
  .flatMap((r) => columnParts.map((j) => `var sum${r}_${j} = ${vector}(${zeroOf(type)});`))
  .join('\n')}
var k = depthStart;
${
  unrolled === 1
    ? ''
    : `for (; k + ${unrolled - 1}u < depthEnd; k += ${unrolled}u) {
${range(unrolled)
  .map((i) => multiply(`k + ${i}u`))
  .join('\n')}
}`
}
for (; k < depthEnd; k++) ${multiply('k')}
${store(product, rowOf, columnOf)}`;
}

/**
 * out = left·right, in parts: a workgroup computes a tile of one matrix from a part of the depth.
 */
export function gemm(product: Product): Program {
  const {
    tile: own,
    type,
    left,
    right,
    parameters,
    declarations = '',
    bases,
    depthOf = 'p.depth',
    rowOffset,
    columnOffset,
    hasBias,
  } = product;
  const { rows, columns, depth, shared } = own;
  const tileMemory = shared
    ? `var<workgroup> leftTile: array<vec4<${type}>, ${depth * strideOf(rows, left.contiguous)}>;
var<workgroup> rightTile: array<vec4<${type}>, ${depth * strideOf(columns, right.contiguous)}>;`
    : '';
  return {
    reads: {
      [left.name]: left.elements ?? type,
      [right.name]: right.elements ?? type,
      ...(hasBias ? { bias: type } : {}),
    },
    writes: { out: type },
    parameters: {
      rows: 'u32',
      columns: 'u32',
      depth: 'u32',
      rowTiles: 'u32',
      columnTiles: 'u32',
      parts: 'u32',
      partDepth: 'u32',
      outSize: 'u32',
      ...Object.fromEntries(parameters.map((name) => [name, 'u32' as const])),
    },
    workgroupSize: invocationsOf(own),
    declarations: `${declarations}
${loaderFunctions('left', left, type)}
${loaderFunctions('right', right, type)}
fn rowOffset(row: u32) -> i32 { return i32(${rowOffset}); }
fn columnOffset(column: u32) -> i32 { return i32(${columnOffset}); }
${tileMemory}`,
    body: `let rowStart = (block % p.rowTiles) * ${rows}u;
let columnStart = (block / p.rowTiles % p.columnTiles) * ${columns}u;
let part = block / p.rowTiles / p.columnTiles % p.parts;
let matrix = block / p.rowTiles / p.columnTiles / p.parts;
${bases}
let depthStart = part * p.partDepth;
let depthEnd = min(depthStart + p.partDepth, ${depthOf});
let outBase = matrixBase + i32(part * p.outSize);
${shared ? sharedBody(product) : registerBody(product)}`,
  };
}
