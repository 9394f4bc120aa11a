import { ArgumentError } from '@pnn/tensor';
import { Module } from '../module.js';
import { ModuleError } from '../running.js';

function withoutForward(collection: Module): never {
  throw new ModuleError(`${collection.constructor.name}: it has no forward of its own: call those of its modules`);
}

/** Modules in a list, named by their positions; a property that is an array of modules is as good. */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  readonly #modules: M[] = [];

  constructor(modules: Iterable<M> = []) {
    super();
    for (const module of modules) this.append(module);
  }

  /** The number of modules. */
  get length(): number {
    return this.#modules.length;
  }

  /** The module at a position; negative ones count from the end. */
  at(position: number): M | undefined {
    return this.#modules.at(position);
  }

  /** Adds a module at the end. */
  append(module: M): this {
    // A property, so that the module is found under its position.
    Reflect.set(this, this.#modules.length, module);
    this.#modules.push(module);
    return this;
  }

  /** The modules in their order. */
  [Symbol.iterator](): Iterator<M> {
    return this.#modules.values();
  }

  /** @throws ModuleError always: what a list computes is up to the module that has it */
  override forward(): never {
    return withoutForward(this);
  }
}

/** Modules under names; a property that is a Map or an object of modules is as good. */
export class ModuleDict<M extends Module = Module> extends Module implements Iterable<[string, M]> {
  readonly #modules = new Map<string, M>();

  /** @throws ArgumentError where a name is none, or is that of a property of every module */
  constructor(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super();
    for (const [name, module] of Symbol.iterator in modules ? modules : Object.entries(modules)) this.set(name, module);
  }

  /** The number of modules. */
  get size(): number {
    return this.#modules.size;
  }

  /** The module of this name. */
  get(name: string): M | undefined {
    return this.#modules.get(name);
  }

  /** Whether there is a module of this name. */
  has(name: string): boolean {
    return this.#modules.has(name);
  }

  /**
   * Puts a module under a name.
   *
   * @throws ArgumentError where the name is empty, has a dot, or is that of a property of every module
   */
  set(name: string, module: M): this {
    if (name === '' || name.includes('.') || (name in this && !this.#modules.has(name))) {
      throw new ArgumentError(
        `ModuleDict: '${name}' cannot be the name of a module: it is empty, has a dot, or is a property already`,
      );
    }
    Reflect.set(this, name, module);
    this.#modules.set(name, module);
    return this;
  }

  /** The names in the order in which they were added. */
  keys(): Iterator<string> {
    return this.#modules.keys();
  }

  /** Names and modules in the order in which they were added. */
  [Symbol.iterator](): Iterator<[string, M]> {
    return this.#modules.entries();
  }

  /** @throws ModuleError always: what a dictionary computes is up to the module that has it */
  override forward(): never {
    return withoutForward(this);
  }
}
