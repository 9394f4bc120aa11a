import type { Plan, PlannedMap } from './plan.js';

type Hashed = Pick<Plan, 'parameters' | 'inputShape' | 'gathers' | 'input' | 'layers' | 'output' | 'rotations'>;

/** Numbers of a map in the order in which they are used. */
function numbersOf({ matvec, at, foldsFirst }: PlannedMap): ArrayBufferView[] {
  const { diagonals, folds, constants, layout } = matvec;
  const places = diagonals.flatMap(({ operand, result, baby, giant }) => [operand, result, baby, giant]);
  return [
    Float64Array.from([...places, ...folds, at.level, at.scale, Number(foldsFirst)]),
    layout.places,
    ...diagonals.map(({ values }) => values),
    ...constants.map((constant) => constant ?? new Float64Array()),
  ];
}

/** SHA-256 of everything that a server computes with, in hexadecimal digits. */
export function planHash(plan: Hashed): Promise<string> {
  const { parameters, inputShape, gathers, input, layers, output, rotations } = plan;
  const plain = JSON.stringify({
    bits: parameters.bits,
    degree: parameters.degree,
    inputShape,
    input,
    rotations,
    activations: layers.map(({ activation }) => activation.instructions),
    refreshes: layers.map(({ refresh }) => refresh ?? null),
  });
  const parts = [
    new TextEncoder().encode(plain),
    ...gathers,
    ...layers.flatMap(({ map, activation }) => [...numbersOf(map), activation.polynomialOf ?? new Int32Array()]),
    ...numbersOf(output),
  ];
  return hashOf(parts);
}

/** SHA-256 of the hashes of parts, in hexadecimal digits. */
export async function hashOf(parts: readonly ArrayBufferView[]): Promise<string> {
  const hashes = await Promise.all(
    parts.map((part) => crypto.subtle.digest('SHA-256', part as ArrayBufferView<ArrayBuffer>)),
  );
  const all = new Uint8Array(hashes.length * 32);
  hashes.forEach((hash, i) => {
    all.set(new Uint8Array(hash), 32 * i);
  });
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
