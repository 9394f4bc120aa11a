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

/** Calls `visit` with everything of the scope that the value holds in arrays, maps and plain objects. */
function forEachScoped(value: unknown, scope: Set<Scoped>, visit: (found: Scoped) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (scope.has(value as Scoped)) visit(value as Scoped);
  else if (Array.isArray(value)) for (const entry of value) forEachScoped(entry, scope, visit);
  else if (value instanceof Map) for (const entry of value.values()) forEachScoped(entry, scope, visit);
  else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const entry of Object.values(value)) forEachScoped(entry, scope, visit);
  }
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
      throw new ArgumentError('scope: the body must not be asynchronous: await before or after the scope');
    }
    forEachScoped(result, own, (returned) => {
      own.delete(returned);
      current = outer;
      enter(returned);
      current = own;
    });
  } finally {
    current = outer;
    for (const made of own) if (!made.disposed) made.dispose();
  }
  return result;
}
