import type { ParametersWithPrimes } from '../ckks/parameters.js';
import type { Source } from '../compile/affine.js';
import { resultOf } from '../plan/activation.js';
import type { BatchMap } from './map.js';
import type { BatchLayer } from './plan.js';
import { elementsOf, placesOf, usesOf } from './uses.js';

/** The most ciphertexts that there are at a time, in bytes, and where. */
export interface Peak {
  readonly bytes: number;
  /** The layer whose results are being computed then. */
  readonly layer: string;
}

/** Goes through the computation as `BatchNetwork` does, and counts the bytes of the ciphertexts that are alive. */
export function peakOf(
  { degree }: ParametersWithPrimes,
  source: Source,
  inputLevel: number,
  layers: readonly BatchLayer[],
  output: BatchMap,
): Peak {
  const bytesAt = (level: number) => 16 * degree * (level + 1);
  const uses = usesOf([...layers.map(({ map }) => map), output]);
  const bytesOf = new Map<Source, number>([[source, bytesAt(inputLevel)]]);
  let alive = elementsOf(source, uses).length * bytesAt(inputLevel);
  let peak: Peak = { bytes: alive, layer: 'the input' };
  const compute = (map: BatchMap, layer: string, resultBytes: number) => {
    const places = placesOf(map);
    for (const { rows, columns } of map.groups) {
      const bytes = alive + rows.length * bytesAt(map.at.level + 1);
      if (bytes > peak.bytes) peak = { bytes, layer };
      alive += rows.length * resultBytes;
      for (const column of columns) {
        const [own, element] = places[column]!;
        const left = uses.get(own)!;
        left[element]!--;
        if (left[element] === 0) alive -= bytesOf.get(own)!;
      }
    }
  };
  for (const { name, map, activation, source: result } of layers) {
    const bytes = bytesAt(resultOf(activation).level);
    bytesOf.set(result, bytes);
    compute(map, name, bytes);
  }
  compute(output, 'the last linear layer', bytesAt(output.at.level));
  return peak;
}
