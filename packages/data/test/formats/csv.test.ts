import { ArgumentError, FormatError } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvRecords } from '../../src/index.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const fieldsOf = (text: string, separator?: string) =>
  Array.from(csvRecords(bytesOf(text), 'a.csv', separator === undefined ? {} : { separator }), ({ fields }) => fields);

describe('csvRecords', () => {
  test('reads back what was written, whatever is in the fields', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '7', ',', ';', '"', '\n', '\r', ' ', 'ß', '😀') });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const written = (fields: readonly string[], newline: string, separator: string) =>
      fields.map((each) => (/[,;"\n\r]/.test(each) ? quoted(each) : each)).join(separator) + newline;
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 }),
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom(',', ';'),
        fc.boolean(),
        (records, newline, separator, isOpen) => {
          const text = records.map((each) => written(each, newline, separator)).join('');
          const shown = isOpen && records.length > 0 ? text.slice(0, -newline.length) : text;
          expect(fieldsOf(shown, separator)).toEqual(records);
        },
      ),
    );
  });

  test('counts the lines that records begin in, those within quotes too, and leaves empty ones out', () => {
    const text = '\ufeffa,b\n\n"1\n2",3\r\n\r\n4,5';
    expect([...csvRecords(bytesOf(text), 'a.csv')]).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 3, fields: ['1\n2', '3'] },
      { line: 6, fields: ['4', '5'] },
    ]);
    expect(fieldsOf('')).toEqual([]);
    expect(fieldsOf('a,\n,b\n,')).toEqual([
      ['a', ''],
      ['', 'b'],
      ['', ''],
    ]);
  });

  test.each([
    ['a,"b', 'line 1: field 2 opens a quote that is never closed'],
    ['a\n"b"c,d', 'line 2: field 1 goes on behind its quotes'],
    ['a,b"c', 'line 1: field 2 has a quote inside: a field with quotes stands in quotes, and has them twice'],
  ])('refuses %j', (text, problem) => {
    const message = problem.startsWith('line 2') ? problem.replace('field 1', 'field 2') : problem;
    expect(() => fieldsOf(text)).toThrow(new FormatError(`a.csv: ${message}`));
  });

  test('refuses what is no text, and separators that are not one character', () => {
    expect(() => [...csvRecords(Uint8Array.of(0xff, 0xfe, 0x41), 'a.csv')]).toThrow(
      new FormatError('a.csv is not text in UTF-8: save it as CSV in UTF-8'),
    );
    for (const separator of ['', ';;', '"', '\n']) expect(() => fieldsOf('a', separator)).toThrow(ArgumentError);
  });
});
