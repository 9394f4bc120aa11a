import { ArgumentError } from './errors.js';

/** What a scope frees. */
export interface Scoped {
  readonly disposed: boolean;
  dispose(): void;
  /** Called when it outlives the outermost scope: from now on only the garbage collector can find it forgotten. */
  outlive(): void;
}

let current: Set<Scoped> | undefined;
const parents = new WeakMap<Set<Scoped>, Set<Scoped>>();

/** Puts something just made into the current scope, if there is one; otherwise it outlives. */
export function enter(made: Scoped): void {
  if (current) current.add(made);
  else made.outlive();
}

/** Takes it out of every scope around here, so that it lives until it is disposed of. */
export function keep<T extends Scoped>(kept: T): T {
  for (let scope = current; scope; scope = parents.get(scope)) {
    if (scope.delete(kept)) break;
  }
  kept.outlive();
  return kept;
}

function entriesOf(value: object): Iterable<unknown> {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return value.values();
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.values(value) : [];
}

/** Everything of the scope that the value holds in arrays, maps and plain objects. */
function scopedIn(value: unknown, scope: ReadonlySet<unknown>): Scoped[] {
  const reached = new Set<unknown>([value]);
  for (const each of reached) {
    if (typeof each !== 'object' || each === null || scope.has(each)) continue;
    for (const entry of entriesOf(each)) reached.add(entry);
  }
  return [...reached].filter((each) => scope.has(each)) as Scoped[];
}

/**
 * Runs the body and frees every tensor made in it, but for those in what it returns (directly, or in arrays, maps and
 * plain objects) and those passed to `keep`. Scopes nest: what is returned belongs to the scope around.
 *
 * @throws ArgumentError where the body is asynchronous: what it makes later would escape
 */
export function scope<T>(body: () => T): T {
  const outer = current;
  const own = new Set<Scoped>();
  if (outer) parents.set(own, outer);
  current = own;
  let result: T;
  try {
    result = body();
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new ArgumentError('scope: the body must not be asynchronous: await before or after the scope');
    }
    current = outer;
    for (const returned of scopedIn(result, own)) {
      own.delete(returned);
      enter(returned);
    }
  } finally {
    current = outer;
    for (const made of own) if (!made.disposed) made.dispose();
  }
  return result;
}
