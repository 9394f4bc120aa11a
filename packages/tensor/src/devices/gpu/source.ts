import { type Shape, sizeOf } from '../../shape.js';

/** A kernel as gpu.js reads it. */
export function kernelSource(parameters: readonly string[], body: string): string {
  return `function (${parameters.join(', ')}) {\n${body}\n}`;
}

/** Coordinates along axes: statements that declare them, and the expressions that stand for them then. */
export interface Coordinates {
  readonly statements: string;
  readonly at: readonly string[];
}

/**
 * Takes a flat index apart. All numbers are integers up to 2^24, which floats hold exactly, but shaders divide floats
 * within 2.5 units in the last place only (GLSL ES 3.00, section 4.5.1). Below 2^22 these are at most 5/8, and the integer
 * part is one off at most; from there on they are 5/4, and it may be two off. The remainder shows it.
 *
 * @param index an expression
 * @param lengths of the axes, outermost first
 * @param name what the coordinates are called, followed by the number of the axis
 */
export function unravelIndex(index: string, lengths: Shape, name: string): Coordinates {
  const statements: string[] = [];
  const at = new Array<string>(lengths.length).fill('0');
  const long = lengths.flatMap((length, axis) => (length > 1 ? [axis] : []));
  let rest = index;
  for (const axis of long.slice(1).reverse()) {
    const length = lengths[axis]!;
    const own = `${name}${axis}`;
    const next = `${name}Above${axis}`;
    const corrections = [
      `if (${own} < 0) { ${next} = ${next} - 1; ${own} = ${own} + ${length}; }`,
      `if (${own} >= ${length}) { ${next} = ${next} + 1; ${own} = ${own} - ${length}; }`,
    ];
    statements.push(
      `let ${next} = Math.floor(${rest} / ${length});`,
      `let ${own} = ${rest} - ${next} * ${length};`,
      ...corrections,
      ...(sizeOf(lengths.slice(0, axis)) > 2 ** 22 ? corrections : []),
    );
    at[axis] = own;
    rest = next;
  }
  if (long.length > 0) at[long[0]!] = rest;
  return { statements: statements.join('\n'), at };
}

/** The flat index of coordinates, with a stride for each. */
export function ravelIndex(at: readonly string[], strides: readonly number[], start = 0): string {
  const parts = at.flatMap((coordinate, axis) => {
    const stride = strides[axis]!;
    if (stride === 0 || coordinate === '0') return [];
    return stride === 1 ? [coordinate] : [`${coordinate} * ${stride}`];
  });
  if (start !== 0 || parts.length === 0) parts.push(`${start}`);
  return parts.join(' + ');
}

/** The number of parts in which a long loop is cut, so that many threads share it and no float sums up too many. */
export function partsOf(length: number): number {
  return length <= 256 ? 1 : Math.ceil(Math.sqrt(length));
}

/** The elements of a shape after its first two axes. */
export function areaOf(shape: Shape): number {
  return sizeOf(shape.slice(2));
}
