import { ArgumentError } from './errors.js';

/** What a scope frees. */
export abstract class Scoped {
  #owner: Scope | undefined;

  /** @internal From now on this scope frees it, or nobody. */
  belongTo(scope: Scope | undefined): void {
    this.#owner = scope;
  }

  /** @internal */
  belongsTo(scope: Scope): boolean {
    return this.#owner === scope;
  }

  abstract readonly disposed: boolean;
  abstract dispose(): void;
  /** As `dispose`, where a scope ends: most of what was made in it has long been used. */
  abstract expire(): void;
  /** Called when it outlives the outermost scope: from now on only the garbage collector can find it forgotten. */
  abstract outlive(): void;
}

/** Everything made in the run of a body. What has another owner by now was returned, or kept. */
export class Scope {
  readonly made: Scoped[] = [];

  /**
   * The first of them last: of the room that is free then, the next tensors get what was freed last. A backward ends with the
   * first results of the forward, and a loop begins again with room for those.
   */
  free(): void {
    for (let i = this.made.length - 1; i >= 0; i--) {
      const made = this.made[i]!;
      if (made.belongsTo(this) && !made.disposed) made.expire();
    }
    // Drop the list so that one live tensor cannot retain the rest.
    this.made.length = 0;
  }
}

let current: Scope | undefined;

/**
 * A scope that is entered several times, with others' turns between, before it frees everything that was made in it and not
 * passed to `keep`.
 */
export class LastingScope implements Disposable {
  readonly #scope = new Scope();

  /** Runs the body in it. What it makes lives until the scope is disposed of, whatever it returns. */
  run<T>(body: () => T): T {
    const outer = current;
    current = this.#scope;
    try {
      return body();
    } finally {
      current = outer;
    }
  }

  /** Frees what was made. */
  [Symbol.dispose](): void {
    this.#scope.free();
  }
}

/** Puts something into the current scope, if there is one; otherwise it outlives. */
export function enter(made: Scoped): void {
  made.belongTo(current);
  if (current) current.made.push(made);
  else made.outlive();
}

/** Takes it out of every scope around here, so that it lives until it is disposed of. */
export function keep<T extends Scoped>(kept: T): T {
  kept.belongTo(undefined);
  kept.outlive();
  return kept;
}

function isOf(scope: Scope, value: unknown): value is Scoped {
  return value instanceof Scoped && value.belongsTo(scope);
}

function entriesOf(value: object): Iterable<unknown> {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return value.values();
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.values(value) : [];
}

/** Everything of the scope that the value holds in arrays, maps and plain objects. */
function scopedIn(value: unknown, scope: Scope): Iterable<Scoped> {
  if (typeof value !== 'object' || value === null) return [];
  if (isOf(scope, value)) return [value];
  const found: Scoped[] = [];
  const reached = new Set<unknown>([value]);
  for (const each of reached) {
    if (isOf(scope, each)) found.push(each);
    else if (typeof each === 'object' && each !== null) for (const entry of entriesOf(each)) reached.add(entry);
  }
  return found;
}

/**
 * Runs the body and frees every tensor made in it, but for those in what it returns (directly, or in arrays, maps and
 * plain objects) and those passed to `keep`. Scopes nest: what is returned belongs to the scope around.
 *
 * @throws ArgumentError where the body is asynchronous: what it makes later would escape
 */
export function scope<T>(body: () => T): T {
  const outer = current;
  const own = new Scope();
  current = own;
  let result: T;
  try {
    result = body();
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new ArgumentError('scope: the body must not be asynchronous: await before or after the scope');
    }
    current = outer;
    for (const returned of scopedIn(result, own)) enter(returned);
  } finally {
    current = outer;
    own.free();
  }
  return result;
}
