import { ArgumentError } from '@pnn/tensor';

/** A value found in an object, under the path of property names and positions that leads to it. */
export interface Found<T> {
  readonly name: string;
  readonly value: T;
  /** Puts another value in its place. */
  replace(value: T): void;
}

/** An entry of a container; without a key it has no name. */
interface Entry {
  readonly key: string | number | undefined;
  readonly value: unknown;
  replace(value: unknown): void;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function entriesOfObject(container: object): Entry[] {
  return Object.entries(container).map(([key, value]) => ({
    key,
    value,
    replace: (other) => {
      Reflect.set(container, key, other);
    },
  }));
}

function entriesOfMap(container: Map<unknown, unknown>): Entry[] {
  return [...container].map(([key, value]) => ({
    key: typeof key === 'string' || typeof key === 'number' ? key : undefined,
    value,
    replace: (other) => {
      container.set(key, other);
    },
  }));
}

/** What an array, Map, Set or plain object holds; nothing for other objects, whose insides are their own affair. */
function entriesOf(container: object): Entry[] {
  if (Array.isArray(container) || isPlainObject(container)) return entriesOfObject(container);
  if (container instanceof Map) return entriesOfMap(container);
  if (!(container instanceof Set)) return [];
  return [...container].map((value) => ({ key: undefined, value, replace: () => {} }));
}

/**
 * The wanted values among the properties of an object, and in arrays, Maps and plain objects there, however deep, in the
 * order in which they were put there.
 *
 * @throws ArgumentError where one is in a Set, or in a Map under a key that is neither a string nor a number
 */
export function findNested<T>(owner: object, isWanted: (value: unknown) => value is T): Found<T>[] {
  const found: Found<T>[] = [];
  const search = (entries: readonly Entry[], path: readonly (string | number | undefined)[], around: object[]) => {
    for (const { key, value, replace } of entries) {
      if (typeof value !== 'object' || value === null) continue;
      const place = [...path, key];
      if (!isWanted(value)) {
        if (!around.includes(value)) search(entriesOf(value), place, [...around, value]);
        continue;
      }
      if (place.includes(undefined)) {
        throw new ArgumentError(
          `${owner.constructor.name}.${place[0]}: what is in a Set, or in a Map under a key that is neither a string ` +
            'nor a number, has no name: keep modules and parameters in an array, or in a Map under their names',
        );
      }
      found.push({ name: place.join('.'), value, replace });
    }
  };
  search(entriesOfObject(owner), [], []);
  return found;
}
