/** How the score of a setting was, by ascending x. */
export interface SweepPoint {
  readonly x: number;
  /** The mean accuracy; null if no run was stable. */
  readonly score: number | null;
  /** Whether all runs were stable. */
  readonly stable: boolean;
}

/** Where accuracy stands along a setting; undefined where it was not seen. */
export interface Landmarks {
  /** The best of the settings whose runs were all stable. */
  readonly best: SweepPoint & { readonly score: number };
  /** The largest setting below the best where runs were not stable, or the accuracy is {@link CLIFF} lower or more. */
  readonly cliff: SweepPoint | undefined;
  /** The smallest setting above the best where the accuracy is {@link DECLINE} lower or more, or runs were not stable. */
  readonly decline: SweepPoint | undefined;
}

/** A fall by five points of accuracy. */
export const CLIFF = 0.05;

/** A fall by one point of accuracy. */
export const DECLINE = 0.01;

/** The landmarks of a sweep; undefined if no setting was stable. */
export function landmarksOf(points: readonly SweepPoint[]): Landmarks | undefined {
  const best = points
    .filter((point): point is SweepPoint & { score: number } => point.stable && point.score !== null)
    .reduce<(SweepPoint & { score: number }) | undefined>((a, b) => (a && a.score >= b.score ? a : b), undefined);
  if (!best) return undefined;
  const isBelow = ({ score, stable }: SweepPoint, fall: number) =>
    !stable || score === null || score <= best.score - fall;
  return {
    best,
    cliff: points.findLast((point) => point.x < best.x && isBelow(point, CLIFF)),
    decline: points.find((point) => point.x > best.x && isBelow(point, DECLINE)),
  };
}
