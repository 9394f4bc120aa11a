import { existsSync } from 'node:fs';
import { FormatError } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { filesInMemory, optdigits } from '../../src/index.js';
import { folder } from '../../src/node/index.js';

const row = (label: number | string, pixel = 16) => [pixel, ...Array(63).fill(1), label].join(',');
const source = (train: string, held = row(3)) =>
  filesInMemory(
    new Map([
      ['optdigits.tra', new TextEncoder().encode(train)],
      ['optdigits.tes', new TextEncoder().encode(held)],
    ]),
  );

describe('optdigits', () => {
  test('makes bytes of the pixels and digits of the labels', async () => {
    const { train, test: held } = await optdigits(source(`${row(7)}\n${row(0)}\n\n`));
    expect([train.inputShape, train.length, [...train.labels], [...held.labels]]).toEqual([[1, 8, 8], 2, [7, 0], [3]]);
    expect([...train.inputs.subarray(0, 3)]).toEqual([240, 15, 15]);
  });

  test.each([
    [row(7, 17), 'optdigits.tra has the pixel 17 in image 0, and they go from 0 to 16'],
    [row(7, 1.5), 'optdigits.tra has the pixel 1.5 in image 0'],
    [row(10), "optdigits.tra gives image 0 the label '10', and labels go from 0 to 9"],
    ['1,2', 'optdigits.tra has 1 pixels in a row, not 64'],
  ])('refuses a row that is none: %#', async (text, problem) => {
    const error = await optdigits(source(text)).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toContain(`optdigits: ${problem}`);
  });

  const directory = `${process.env.PNN_DATA}/optdigits`;
  test.runIf(existsSync(directory))('reads the published files', async () => {
    const { train, test: held } = await optdigits(folder(directory));
    expect([train.length, held.length]).toEqual([3823, 1797]);
    const counts = Array(10).fill(0);
    for (const label of train.labels) counts[label]++;
    expect(counts).toEqual([376, 389, 380, 389, 387, 376, 377, 387, 380, 382]);
  });
});
