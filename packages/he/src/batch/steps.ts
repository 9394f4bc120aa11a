import type { PlannedStep } from '../plan/levels.js';
import type { BatchMap } from './map.js';
import type { BatchPlan } from './plan.js';

function mapStep({ constant, at: { level, scale } }: BatchMap): PlannedStep {
  const size = constant.length;
  return { name: 'linear', size, degree: undefined, ciphertexts: size, level, scale };
}

/** The steps of a plan for batches in their order, each with the level and the scale of its result. */
export function batchStepsOf({ source, elements, input, layers, output }: BatchPlan): PlannedStep[] {
  return [
    { name: 'input', size: source.size, degree: undefined, ciphertexts: elements.length, ...input },
    ...layers.flatMap(({ name, degree, map, activation }) => {
      const linear = mapStep(map);
      const { level, scale } = activation.instructions.at(-1)!;
      return [linear, { ...linear, name, degree, level, scale }];
    }),
    mapStep(output),
  ];
}
