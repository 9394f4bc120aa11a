import { FormatError } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { readTable, type TableOptions } from '../../src/index.js';

const read = (text: string, options?: TableOptions) => readTable(new TextEncoder().encode(text), 'a.csv', options);

describe('readTable', () => {
  test('takes the label from the column that is called so, wherever it stands', () => {
    expect(read('x, Class ,y z\n1,red,2.5\n-3e-2,blue,.5\n')).toEqual({
      columns: ['x', 'y z'],
      label: 'Class',
      features: Float32Array.of(1, 2.5, -0.03, 0.5),
      labels: ['red', 'blue'],
    });
  });

  test('takes the last column where there is no header, be it numbers or words', () => {
    const expected = { columns: ['1', '2'], label: '3', features: Float32Array.of(1, 2, 3, 4) };
    expect(read('1,2,7\n3,4,8')).toEqual({ ...expected, labels: ['7', '8'] });
    expect(read('1,2,no\n3,4,yes')).toEqual({ ...expected, labels: ['no', 'yes'] });
  });

  test('takes a header of numbers but for the label as one', () => {
    expect(read('0,1,label\n3,4,5')).toMatchObject({ columns: ['0', '1'], label: 'label', labels: ['5'] });
    expect(read('0,1,kind\n3,4,5', { label: 'kind' })).toMatchObject({ label: 'kind', labels: ['5'] });
  });

  test('takes the column that is asked for, by name or number', () => {
    const text = 'a,b,label\n1,2,3\n';
    expect(read(text, { label: 'b' })).toMatchObject({ columns: ['a', 'label'], label: 'b', labels: ['2'] });
    expect(read(text, { label: '1' })).toMatchObject({ columns: ['b', 'label'], label: 'a', labels: ['1'] });
    expect(read('x;1;2\ny;3;4', { label: '1', separator: ';' })).toMatchObject({ labels: ['x', 'y'] });
  });

  test.each([
    ['', 'a.csv has no rows'],
    ['a,label\n', 'a.csv has no rows'],
    ['a\n1', 'a.csv has one column: features and a label make two or more'],
    ['a,label\n1,2\n1,2,3', 'a.csv: line 3 has 3 fields, and the first one 2'],
    [
      'a,label\n1,2\n\n?,2',
      "a.csv: line 4 has '?' in the column a, where a finite number is needed: repair the row, or leave it or the column out",
    ],
    [
      'a,label\n ,2',
      'a.csv: line 2 has nothing in the column a, where a finite number is needed: repair the row, or leave it or the column out',
    ],
    ['a,b,c\n1,2,3', 'a.csv: no column is called label, class, target, y: say which of a, b, c is the label'],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(new FormatError(message));
  });

  test.each(['NaN', 'Infinity', '1e39', '0x10', '1,5', '1_000'])('refuses %j as a number', (field) => {
    expect(() => read(`a,label\n"${field}",1`)).toThrow('where a finite number is needed');
  });

  test('shows what a file holds on one line, and no more of it than helps', () => {
    expect(() => read(`"a\nb\u001b[2J",label\n${'x'.repeat(60)},1`)).toThrow(
      new FormatError(
        `a.csv: line 3 has '${'x'.repeat(40)}…' in the column a\\u000ab\\u001b[2J, where a finite number is needed: repair the row, or leave it or the column out`,
      ),
    );
  });

  test('refuses a label that is no column', () => {
    expect(() => read('a,b\n1,2', { label: 'c' })).toThrow(
      new FormatError("a.csv: no column is called 'c'; there are a, b"),
    );
  });
});
