import type { Source } from '../compile/affine.js';
import type { BatchMap, RowGroup, WeightGroup } from './map.js';

/** What is needed of a map to know which elements it takes. */
export interface MapColumns {
  readonly sources: readonly Source[];
  readonly groups: readonly Pick<RowGroup | WeightGroup, 'columns'>[];
}

/** Which element of which source a column of a map is. */
export function placesOf({
  sources,
}: Pick<BatchMap, 'sources'>): readonly (readonly [source: Source, element: number])[] {
  return sources.flatMap((source) => Array.from({ length: source.size }, (_, element) => [source, element] as const));
}

/** How many groups of rows take each element of each source: one that all have taken is not needed any more. */
export function usesOf(maps: readonly MapColumns[]): Map<Source, Int32Array> {
  const uses = new Map<Source, Int32Array>();
  for (const map of maps) {
    const places = placesOf(map);
    for (const source of map.sources) if (!uses.has(source)) uses.set(source, new Int32Array(source.size));
    for (const { columns } of map.groups) {
      for (const column of columns) {
        const [source, element] = places[column]!;
        uses.get(source)![element]!++;
      }
    }
  }
  return uses;
}

/** The elements of a source that a map takes. */
export function elementsOf(source: Source, uses: ReadonlyMap<Source, Int32Array>): number[] {
  const own = uses.get(source);
  return own ? [...own.keys()].filter((element) => own[element]! > 0) : [];
}
