/** Names of numbered parameters: `shape0`, `shape1`, … */
export function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}${i}`);
}

/** Parameters of one type. */
export function parametersOf<T extends string>(names: readonly string[], type: T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, type]));
}

/** Their values, by the names. */
export function valuesOf(name: string, values: readonly number[]): Record<string, number> {
  return Object.fromEntries(values.map((value, i) => [`${name}${i}`, value]));
}

/**
 * Statements that take the number `from` apart into coordinates `at0`, `at1`, … along axes of the lengths `p.shape0`, … (the
 * first of which is not needed).
 */
export function coordinates(rank: number, from: string, name = 'at'): string {
  const lines = [`var rest = ${from};`];
  for (let axis = rank - 1; axis > 0; axis--) {
    lines.push(`let ${name}${axis} = rest % p.shape${axis};`, `rest = rest / p.shape${axis};`);
  }
  if (rank > 0) lines.push(`let ${name}0 = rest;`);
  return lines.join('\n');
}

/** The offset at the coordinates, with the strides `p.name0`, … */
export function offsetAt(rank: number, name: string, coordinate = 'at'): string {
  if (rank === 0) return '0u';
  return Array.from({ length: rank }, (_, axis) => `${coordinate}${axis} * p.${name}${axis}`).join(' + ');
}
