/** Plain data with one place in it replaced. */
export interface Mutation {
  /** Such as `epochs[0].layers`. */
  readonly path: string;
  readonly value: unknown;
}

const replacements: readonly unknown[] = [undefined, null, true, 'text', -1.5, [], {}, [null], { kind: 'text' }];

function placesOf(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  const children = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const keys = Array.isArray(value) ? children.map(Number) : children;
  return [
    [...path],
    ...keys.flatMap((key) => placesOf((value as Record<string | number, unknown>)[key], [...path, key])),
  ];
}

/** The same data, with what is at the place replaced (or left out, for undefined). */
function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const inner = replaced((value as Record<string | number, unknown>)[key], rest, replacement);
  if (Array.isArray(value)) return value.map((each: unknown, i) => (i === key ? inner : each));
  const others = Object.entries(value as object).filter(([each]) => each !== key);
  return Object.fromEntries(inner === undefined ? others : [...others, [key, inner]]);
}

/** All data that differ from the given at one place, grouped by the place. */
export function mutationsOf(value: unknown): Mutation[][] {
  return placesOf(value).map((place) => {
    const path = place.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    return replacements.map((replacement) => ({ path, value: replaced(value, place, replacement) }));
  });
}
