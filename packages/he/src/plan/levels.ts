import { BatchPlan } from '../batch/plan.js';
import { batchStepsOf } from '../batch/steps.js';
import type { At } from './activation.js';
import type { Plan, PlannedMap } from './plan.js';

/** What one step of a plan does, and where its result is. */
export interface PlannedStep extends At {
  /** Of the polynomial layer; `input`, `refresh`, or `linear` for what lies between polynomials. */
  readonly name: string;
  /** Elements of the result. */
  readonly size: number;
  /** Of the polynomial; undefined for other steps. */
  readonly degree: number | undefined;
  /** Ciphertexts that hold the result. */
  readonly ciphertexts: number;
}

function mapStep({ affine, matvec, at }: PlannedMap): PlannedStep {
  const { level, scale } = at;
  const { ciphertexts } = matvec.layout;
  return { name: 'linear', size: affine.size, degree: undefined, ciphertexts, level, scale };
}

/** The steps of a plan in their order, each with the level and the scale of its result. */
export function stepsOf(plan: Plan | BatchPlan): PlannedStep[] {
  if (plan instanceof BatchPlan) return batchStepsOf(plan);
  const { source, input, gathers, layers, output } = plan;
  return [
    { name: 'input', size: source.size, degree: undefined, ciphertexts: gathers.length, ...input },
    ...layers.flatMap(({ name, degree, map, activation, refresh }) => {
      const linear = mapStep(map);
      const { level, scale } = activation.instructions.at(-1)!;
      const result = { ...linear, name, degree, level, scale };
      return [linear, result, ...(refresh ? [{ ...result, name: 'refresh', degree: undefined, ...input }] : [])];
    }),
    mapStep(output),
  ];
}
