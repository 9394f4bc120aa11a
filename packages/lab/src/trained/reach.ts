import { keep, noGrad, scope, type Tensor } from '@pnn/nn';
import type { PolynomialActivation } from '@pnn/pnn';

/** Follows how far the inputs of polynomial activations reach, sample by sample. */
export interface SamplewiseReach {
  /** max |x| of each sample of the last forward, for each activation; NaN counts as infinity. */
  take(): Promise<ArrayLike<number>[]>;
  /** Stops following. */
  stop(): void;
}

/** max |x| of each sample [N]. */
function reachOf(x: Tensor): Tensor {
  return scope(() =>
    noGrad(() =>
      x
        .abs()
        .reshape([x.shape[0]!, x.size / x.shape[0]!])
        .max(1),
    ),
  );
}

/** Begins to follow the inputs of the activations. */
export function samplewiseReach(
  activations: readonly (readonly [name: string, activation: PolynomialActivation])[],
): SamplewiseReach {
  let reaches: (Tensor | undefined)[] = [];
  const removers = activations.map(([, activation], i) =>
    activation.addForwardHook((_, [x]) => {
      reaches[i]?.dispose();
      reaches[i] = keep(reachOf(x!));
    }),
  );
  return {
    async take() {
      const taken = reaches;
      reaches = [];
      const values = await Promise.all(activations.map((_, i) => taken[i]?.data() ?? []));
      for (const tensor of taken) tensor?.dispose();
      return values.map((layer) => Array.from(layer, (value) => (Number.isNaN(value) ? Infinity : value)));
    },
    stop() {
      for (const remove of removers) remove();
      for (const tensor of reaches.splice(0)) tensor?.dispose();
    },
  };
}
