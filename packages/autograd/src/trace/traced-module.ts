import type { Tensor } from '@pnn/tensor';
import type { ModulePlace } from './node.js';

/** What `trace` asks of a network; the `Module` of @pnn/nn is one. */
export interface TracedModule {
  forward(...inputs: Tensor[]): Tensor;
  /** This module and all in it by their paths. */
  namedModules(): Iterable<readonly [path: string, module: TracedModule]>;
  namedParameters(): Iterable<readonly [name: string, parameter: Tensor]>;
  namedBuffers(): Iterable<readonly [name: string, buffer: Tensor]>;
}

/** Runs the body, in which `inside` runs the `forward` of every module and is told which it is. */
export function followForward<T>(
  root: TracedModule,
  inside: (place: ModulePlace, forward: () => Tensor) => Tensor,
  body: () => T,
): T {
  const modules = [...root.namedModules()].map(([path, module]) => {
    const place = { path, type: module.constructor.name };
    const forward = module.forward.bind(module);
    const followed = (...inputs: Tensor[]) => inside(place, () => forward(...inputs));
    return { module, followed, own: Object.getOwnPropertyDescriptor(module, 'forward') };
  });
  for (const { module, followed } of modules) {
    // Shadows the method of the class, or what shadows it already, such as the hooks of @pnn/nn.
    Object.defineProperty(module, 'forward', { configurable: true, enumerable: false, value: followed });
  }
  try {
    return body();
  } finally {
    for (const { module, followed, own } of modules) {
      // A hook that was added meanwhile shadows this one, and stays.
      if (module.forward !== followed) continue;
      if (own) Object.defineProperty(module, 'forward', own);
      else Reflect.deleteProperty(module, 'forward');
    }
  }
}
