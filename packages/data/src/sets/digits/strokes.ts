/** A point that the pen passes, x to the right and y downwards; a corner is where it turns sharply. */
export type ControlPoint = readonly [x: number, y: number, corner?: 'corner'];

/** What the pen draws without being lifted. */
export type Stroke = readonly ControlPoint[];

/** One way of writing a digit. */
export type Glyph = readonly Stroke[];

/**
 * The ways of writing each digit, on a sheet 60 wide and 100 high. Ways that people find on paper side by side are here
 * (seven with and without bar, four open and closed): what they have in common is what must be learned.
 */
// biome-ignore format: a stroke is legible on one line, not with each point on a line of its own
export const glyphs: readonly (readonly Glyph[])[] = [
  [
    // Oval, closed where it began.
    [[[36, 2], [16, 10], [4, 42], [12, 86], [34, 97], [54, 70], [53, 24], [36, 3], [22, 8]]],
    // Begun at the upper right, the end running over the beginning.
    [[[46, 12], [26, 3], [6, 34], [9, 82], [32, 98], [54, 68], [50, 20], [32, 5], [22, 16]]],
    // Narrow.
    [[[34, 1], [18, 14], [12, 50], [18, 88], [34, 98], [47, 66], [45, 20], [34, 2], [26, 4]]],
    // Open at the top.
    [[[24, 4], [7, 28], [7, 72], [28, 98], [51, 80], [55, 34], [36, 6]]],
  ],
  [
    // A bare stem.
    [[[30, 0], [30, 50], [30, 100]]],
    // With an upstroke.
    [[[14, 24], [24, 14], [34, 0, 'corner'], [34, 50], [34, 100]]],
    // With an upstroke and a foot.
    [
      [[14, 22], [24, 13], [32, 0, 'corner'], [32, 50], [32, 98]],
      [[12, 99], [32, 98], [52, 99]],
    ],
    // A stem that bends a little.
    [[[36, 0], [31, 30], [28, 66], [28, 100]]],
    // A long upstroke.
    [[[6, 40], [22, 22], [38, 0, 'corner'], [36, 50], [34, 100]]],
  ],
  [
    // Straight neck and base.
    [[[6, 22], [18, 4], [40, 3], [52, 22], [44, 48], [24, 74], [4, 98, 'corner'], [30, 97], [58, 97]]],
    // With a loop at the foot.
    [[[8, 20], [24, 2], [46, 8], [50, 32], [34, 64], [12, 92], [2, 90], [8, 78], [24, 84], [40, 96], [58, 92]]],
    // With a wavy base.
    [[[4, 26], [14, 6], [36, 1], [52, 16], [46, 44], [26, 70], [6, 92, 'corner'], [20, 86], [38, 97], [58, 88]]],
    // A bent neck and a short base.
    [[[10, 14], [28, 0], [48, 12], [50, 34], [34, 56], [16, 76], [8, 97, 'corner'], [28, 98], [50, 95]]],
  ],
  [
    // Two bows.
    [[[8, 12], [26, 0], [46, 10], [46, 32], [24, 46, 'corner'], [48, 56], [54, 78], [36, 98], [6, 90]]],
    // Flat top.
    [[[6, 4], [28, 3], [50, 3, 'corner'], [38, 20], [24, 40, 'corner'], [46, 48], [54, 72], [38, 96], [6, 92]]],
    // With a small loop in the middle.
    [[[6, 16], [24, 1], [46, 10], [44, 34], [26, 48], [18, 44], [26, 40], [46, 54], [54, 76], [36, 98], [8, 88]]],
    // A large lower bow that curls in.
    [[[12, 8], [32, 0], [46, 14], [36, 34], [22, 40, 'corner'], [44, 44], [56, 66], [44, 94], [18, 98], [4, 82]]],
  ],
  [
    // Open: an angle, and a stem across it.
    [
      [[16, 2], [10, 32], [4, 60, 'corner'], [30, 60], [58, 58]],
      [[44, 14], [42, 56], [40, 100]],
    ],
    // Closed: a triangle on a stem.
    [[[42, 100], [43, 50], [44, 0, 'corner'], [24, 32], [2, 66, 'corner'], [30, 66], [60, 64]]],
    // Open and round, the stem on its right.
    [
      [[10, 4], [6, 28], [8, 48], [26, 54], [46, 46]],
      [[50, 2], [48, 48], [44, 100]],
    ],
    // Closed, the stem drawn last and low.
    [
      [[40, 2], [22, 28], [4, 56, 'corner'], [30, 58], [58, 57]],
      [[42, 30], [42, 64], [41, 100]],
    ],
  ],
  [
    // The bar drawn last.
    [
      [[14, 4], [12, 24], [10, 42, 'corner'], [30, 36], [50, 48], [54, 72], [38, 96], [6, 92]],
      [[14, 4], [34, 4], [54, 2]],
    ],
    // In one stroke from the right.
    [[[54, 2], [34, 4], [16, 4, 'corner'], [12, 24], [10, 42, 'corner'], [30, 38], [52, 52], [50, 82], [30, 98], [4, 90]]],
    // Round, almost an S.
    [[[52, 6], [34, 2], [16, 12], [12, 34], [28, 46], [48, 58], [48, 84], [28, 98], [6, 90]]],
    // A small bow under a long neck.
    [
      [[16, 2], [14, 28], [12, 52, 'corner'], [30, 48], [46, 60], [44, 84], [28, 97], [6, 94]],
      [[16, 2], [36, 4], [58, 2]],
    ],
  ],
  [
    // A bent stem.
    [[[44, 2], [24, 18], [9, 46], [6, 76], [22, 98], [44, 92], [52, 72], [40, 54], [20, 60], [9, 78]]],
    // A straight stem and a small loop.
    [[[36, 0], [22, 30], [10, 62], [12, 90], [30, 99], [46, 86], [42, 66], [24, 64], [11, 80]]],
    // A hooked beginning and a wide loop.
    [[[52, 12], [40, 1], [20, 14], [6, 46], [8, 82], [28, 99], [50, 88], [54, 66], [36, 48], [14, 58]]],
    // A loop that ends inside.
    [[[40, 0], [18, 24], [6, 60], [14, 92], [36, 98], [52, 80], [46, 56], [28, 52], [14, 66], [16, 78]]],
  ],
  [
    // Bar and stem.
    [[[4, 4], [30, 4], [56, 3, 'corner'], [40, 46], [24, 100]]],
    // Crossed.
    [
      [[4, 6], [30, 4], [56, 3, 'corner'], [42, 46], [26, 100]],
      [[18, 50], [36, 49], [56, 47]],
    ],
    // A serif at the left and a bent stem.
    [[[5, 20], [6, 6, 'corner'], [30, 6], [56, 3, 'corner'], [38, 32], [27, 64], [24, 100]]],
    // A rounded shoulder.
    [[[4, 10], [24, 3], [48, 3], [52, 16], [40, 52], [28, 100]]],
    // A serif and crossed.
    [
      [[4, 18], [7, 4, 'corner'], [32, 5], [56, 3, 'corner'], [40, 48], [28, 100]],
      [[16, 54], [34, 51], [52, 50]],
    ],
  ],
  [
    // An S closed by the upstroke.
    [[[46, 10], [28, 1], [12, 14], [18, 36], [40, 56], [50, 78], [32, 98], [10, 84], [16, 60], [38, 38], [48, 16], [44, 6]]],
    // Two rings.
    [
      [[30, 0], [13, 12], [14, 34], [30, 45], [46, 34], [46, 12], [30, 0]],
      [[30, 45], [8, 60], [8, 86], [30, 99], [52, 86], [52, 60], [30, 45]],
    ],
    // Begun in the middle.
    [[[30, 46], [14, 30], [16, 8], [32, 0], [47, 12], [44, 32], [28, 48], [9, 66], [12, 92], [32, 100], [52, 86], [48, 64], [30, 46]]],
    // Open at the top.
    [[[50, 4], [26, 6], [14, 22], [28, 42], [48, 62], [48, 88], [28, 99], [9, 84], [18, 60], [40, 36], [54, 14]]],
  ],
  [
    // A ring on a straight stem.
    [[[48, 14], [30, 1], [10, 14], [8, 38], [26, 50], [44, 36], [49, 12, 'corner'], [47, 54], [44, 100]]],
    // A ring on a bent tail.
    [[[50, 14], [32, 1], [12, 14], [10, 38], [28, 48], [46, 34], [51, 14, 'corner'], [52, 56], [42, 90], [20, 99], [6, 88]]],
    // A ring that leans into the stem.
    [[[46, 20], [34, 3], [14, 10], [8, 32], [22, 46], [42, 34], [50, 16], [46, 50], [34, 78], [22, 100]]],
    // A small ring on a long stem.
    [[[44, 8], [26, 2], [14, 18], [18, 38], [36, 36], [46, 10, 'corner'], [44, 50], [40, 100]]],
  ],
];
