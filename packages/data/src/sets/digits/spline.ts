/** A point on the path of a pen, and how broad the pen is there, in the unit of its coordinates. */
export interface PenPoint {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** A point for the pen to pass through, either smoothly or turning sharply. */
export interface Knot extends PenPoint {
  readonly corner: boolean;
}

/** The cubic with values a and b and derivatives da and db at t = 0 and t = 1. */
function hermite(t: number, a: number, b: number, da: number, db: number): number {
  const c2 = 3 * (b - a) - 2 * da - db;
  const c3 = 2 * (a - b) + da + db;
  return a + t * (da + t * (c2 + t * c3));
}

/**
 * The smooth curve through the knots as a polyline: a Catmull-Rom spline (Catmull and Rom 1974), whose derivative at a
 * knot is half the difference of its neighbors; at corners and ends each side has the slope of its own chord. The
 * radius is interpolated in the same way as the coordinates.
 *
 * @param spacing the largest distance of two points of the polyline, measured along the chords
 */
export function curveThrough(knots: readonly Knot[], spacing: number): PenPoint[] {
  const points: PenPoint[] = knots.slice(0, 1);
  for (let i = 0; i + 1 < knots.length; i++) {
    const a = knots[i]!;
    const b = knots[i + 1]!;
    // Where the curve is smooth the derivative looks at the neighbor beyond; elsewhere the chord is counted twice.
    const before = knots[i - 1] && !a.corner ? { from: knots[i - 1]!, half: 0.5 } : { from: a, half: 1 };
    const after = knots[i + 2] && !b.corner ? { to: knots[i + 2]!, half: 0.5 } : { to: b, half: 1 };
    const chord = Math.sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
    const pieces = Math.max(1, Math.ceil(chord / spacing));
    const at = (t: number, key: 'x' | 'y' | 'radius') =>
      hermite(t, a[key], b[key], before.half * (b[key] - before.from[key]), after.half * (after.to[key] - a[key]));
    for (let piece = 1; piece <= pieces; piece++) {
      const t = piece / pieces;
      points.push({ x: at(t, 'x'), y: at(t, 'y'), radius: at(t, 'radius') });
    }
  }
  return points;
}
