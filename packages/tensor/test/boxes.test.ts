import {
  ArgumentError,
  boxIou,
  DTypeError,
  nonMaximumSuppression,
  ShapeError,
  scope,
  tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const edge = fc.integer({ min: 0, max: 6 });
const boxes = fc
  .array(
    fc.tuple(edge, edge, edge, edge).map(([x, y, width, height]) => [x, y, x + width, y + height]),
    { maxLength: 8 },
  )
  .map((list) => list as [number, number, number, number][]);

/** By counting the unit squares that lie in both boxes and in either. */
function iou(a: readonly number[], b: readonly number[]): number {
  let both = 0;
  let either = 0;
  for (let x = 0; x < 12; x++) {
    for (let y = 0; y < 12; y++) {
      const [inA, inB] = [a, b].map(
        ([left, top, right, bottom]) => x >= left! && x < right! && y >= top! && y < bottom!,
      );
      if (inA && inB) both++;
      if (inA || inB) either++;
    }
  }
  return both / either;
}

describe('boxIou', () => {
  it('is the part of the union that lies in both', () => {
    fc.assert(
      fc.property(boxes, boxes, (first, second) =>
        scope(() => {
          const found = boxIou(
            tensor(first.flat(), { dtype: 'float64' }).reshape([first.length, 4]),
            tensor(second.flat(), { dtype: 'float64' }).reshape([second.length, 4]),
          );
          expect(found.shape).toEqual([first.length, second.length]);
          const expected = first.flatMap((a) => second.map((b) => iou(a, b)));
          expect([...found.dataSync()]).toEqual(expected);
        }),
      ),
    );
  });

  it('refuses what are no boxes', () => {
    scope(() => {
      expect(() => boxIou(zeros([3, 4]), zeros([4]))).toThrow(
        'boxIou: [4]: boxes must be [count,4]: left, top, right and bottom of each',
      );
      expect(() => boxIou(zeros([3, 4], { dtype: 'int32' }), zeros([3, 4]))).toThrow(DTypeError);
    });
  });
});

describe('nonMaximumSuppression', () => {
  it('keeps the best box, and again the best of those that do not overlap it too much', async () => {
    await fc.assert(
      fc.asyncProperty(
        boxes.chain((list) =>
          fc.record({
            list: fc.constant(list),
            scores: fc.array(
              fc.integer({ min: -2, max: 3 }).map((n) => n / 2),
              {
                minLength: list.length,
                maxLength: list.length,
              },
            ),
            iouThreshold: fc.constantFrom(0, 0.25, 0.5, 1),
            scoreThreshold: fc.constantFrom(undefined, 0, 0.5),
            limit: fc.constantFrom(undefined, 0, 1, 3),
          }),
        ),
        async ({ list, scores, iouThreshold, scoreThreshold, limit }) => {
          let left = list.map((_, i) => i).filter((i) => scoreThreshold === undefined || scores[i]! > scoreThreshold);
          const expected: number[] = [];
          while (left.length > 0 && expected.length < (limit ?? 100)) {
            const best = left.reduce((a, b) => (scores[b]! > scores[a]! ? b : a));
            expected.push(best);
            left = left.filter((i) => i !== best && !(iou(list[best]!, list[i]!) > iouThreshold));
          }
          using given = tensor(list.flat(), { dtype: 'float64' });
          using shaped = given.reshape([list.length, 4]);
          using rated = tensor(scores, { dtype: 'float64' });
          const options = {
            iouThreshold,
            ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
            ...(limit === undefined ? {} : { limit }),
          };
          using kept = await nonMaximumSuppression(shaped, rated, options);
          expect(kept.dtype).toBe('int32');
          expect([...kept.dataSync()]).toEqual(expected);
        },
      ),
    );
  });

  it('refuses what it cannot work with', async () => {
    using two = zeros([2, 4]);
    using scores = zeros([2]);
    using three = zeros([3]);
    using unknown = tensor([1, Number.NaN]);
    await expect(nonMaximumSuppression(scores, scores, { iouThreshold: 0.5 })).rejects.toThrow(ShapeError);
    await expect(nonMaximumSuppression(two, three, { iouThreshold: 0.5 })).rejects.toThrow(
      'nonMaximumSuppression: scores [3] for boxes [2,4]: every box needs one',
    );
    await expect(nonMaximumSuppression(two, scores, { iouThreshold: 2 })).rejects.toThrow(
      'nonMaximumSuppression: iouThreshold must be a number from 0 to 1, not 2',
    );
    await expect(nonMaximumSuppression(two, scores, { iouThreshold: 0, limit: -1 })).rejects.toThrow(ArgumentError);
    await expect(nonMaximumSuppression(two, unknown, { iouThreshold: 0 })).rejects.toThrow(
      'nonMaximumSuppression: the score of box 1 is NaN',
    );
  });
});
