import { hashOf } from '../plan/hash.js';
import type { BatchMap } from './map.js';
import type { BatchPlan } from './plan.js';

type Hashed = Pick<BatchPlan, 'parameters' | 'inputShape' | 'elements' | 'input' | 'layers' | 'output'>;

/** Numbers of a map in the order in which they are used. */
function numbersOf({ groups, constant, at }: BatchMap): ArrayBufferView[] {
  return [
    Float64Array.from([at.level, at.scale, ...groups.map(({ matrix }) => matrix.shift)]),
    constant,
    ...groups.flatMap(({ rows, columns, matrix }) => [rows, columns, matrix.integers]),
  ];
}

/** SHA-256 of everything that a server computes with, in hexadecimal digits. */
export function batchPlanHash({ parameters, inputShape, elements, input, layers, output }: Hashed): Promise<string> {
  const plain = JSON.stringify({
    layout: 'batch',
    bits: parameters.bits,
    degree: parameters.degree,
    inputShape,
    elements,
    input,
    activations: layers.map(({ activation }) => activation.instructions),
  });
  return hashOf([
    new TextEncoder().encode(plain),
    ...layers.flatMap(({ map, activation }) => [...numbersOf(map), activation.polynomialOf ?? new Int32Array()]),
    ...numbersOf(output),
  ]);
}
