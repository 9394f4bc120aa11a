/** Where each of the equal bins from low to high begins, rounded as the elements are that it is compared with. */
export function histogramEdges(bins: number, low: number, high: number, round: (edge: number) => number): Float64Array {
  const width = (high - low) / bins;
  return Float64Array.from({ length: bins }, (_, bin) => round(low + bin * width));
}
