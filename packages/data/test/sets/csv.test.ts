import { gzipSync } from 'node:zlib';
import { ArgumentError, FormatError } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { csv, filesInMemory, loadDataset } from '../../src/index.js';
import { storedInputs } from '../normalized.js';

const source = (files: Readonly<Record<string, string>>) =>
  filesInMemory(new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)])));

describe('csv', () => {
  test('numbers the classes of both files alike, in the order of people', async () => {
    const { train, test: held } = await csv(
      source({ 'train.csv': 'x,label\n1,10\n2,9\n3,2\n', 'test.csv': 'x,label\n4,2\n5,10\n' }),
    );
    expect([train.classes, train.inputShape]).toEqual([['2', '9', '10'], [1]]);
    expect([[...storedInputs(train)], [...storedInputs(held)]]).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(held.classes).toEqual(train.classes);
  });

  test('reads numbers to predict where the task says so', async () => {
    const files = source({ 'train.csv': 'x,y\n1,0.5\n2,-3\n', 'test.csv': 'x,y\n4,2\n' });
    const { train } = await loadDataset('csv', { source: files, settings: { task: 'numbers' } });
    expect([train.labelType, train.classes]).toEqual(['float32', undefined]);
    await expect(
      csv(source({ 'train.csv': 'x,y\n1,high\n', 'test.csv': 'x,y\n4,2\n' }), { task: 'numbers' }),
    ).rejects.toThrow(new FormatError("csv: train.csv gives sample 0 the label 'high', which is no finite number"));
  });

  test('sets a fifth of a single file aside, of every class alike', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => `${i},${i < 80 ? 'common' : 'rare'}`).join('\n');
    const {
      name,
      train,
      test: held,
    } = await csv(source({ 'all.csv': `x,kind\n${rows}` }), { file: 'all.csv', label: 'kind' });
    expect([name, train.length, held.length]).toEqual(['all.csv', 80, 20]);
    const values = [...storedInputs(held)];
    expect(values.filter((value) => value >= 80)).toHaveLength(4);
    expect(new Set([...values, ...storedInputs(train)]).size).toBe(100);
  });

  test('reads compressed files', async () => {
    const bytes = new Uint8Array(gzipSync('x,y\n1,a\n2,b\n'));
    const { train } = await csv(
      filesInMemory(
        new Map([
          ['train.csv.gz', bytes],
          ['test.csv', bytes],
        ]),
      ),
    );
    expect(train.classes).toEqual(['a', 'b']);
  });

  test('says which file is missing, or does not belong to the other', async () => {
    await expect(csv(source({ 'train.csv': 'x,y\n1,2' }))).rejects.toThrow(
      new ArgumentError(
        'csv: memory has no file test.csv or test.csv.gz: put train.csv and test.csv (.gz or not), or one file that the option file names there',
      ),
    );
    await expect(csv(source({ 'train.csv': 'x,y\n1,2', 'test.csv': 'z,y\n1,2' }))).rejects.toThrow(
      new FormatError('csv: train.csv and test.csv have other columns: they do not belong together'),
    );
    await expect(csv(source({ 'train.csv': 'x,y\n1,2', 'test.csv': 'x,y\n1,3' }))).rejects.toThrow(
      new FormatError("csv: test.csv gives sample 0 the label '3', which no training sample has"),
    );
  });
});
