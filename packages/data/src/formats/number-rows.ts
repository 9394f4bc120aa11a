import { FormatError } from '@pnn/nn';
import { quoted } from '../quoted.js';

const NEWLINE = 10;

/** Written in decimals: Number() alone would also take hexadecimals and words. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Numbers that are separated by spaces or tabs, the same number of them in each line; empty lines are left out.
 *
 * @param columns the numbers in a line
 * @param path what errors call the file
 * @returns the numbers, line by line
 * @throws FormatError if a line has more or fewer, one is no finite float32, or there is no line
 */
export function readNumberRows(bytes: Uint8Array, columns: number, path: string): Float32Array {
  const decoder = new TextDecoder('latin1');
  const rows: Float32Array[] = [];
  let line = 0;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    const text = decoder.decode(bytes.subarray(start, end)).trim();
    start = end + 1;
    if (text === '') continue;
    const words = text.split(/[ \t]+/);
    if (words.length !== columns) {
      throw new FormatError(`${path}: line ${line + 1} has ${words.length} numbers where ${columns} are needed`);
    }
    const row = new Float32Array(columns);
    for (const [column, word] of words.entries()) {
      row[column] = DECIMAL.test(word) ? Number(word) : Number.NaN;
      if (!Number.isFinite(row[column])) {
        throw new FormatError(
          `${path}: line ${line + 1} has ${quoted(word)} where a finite number is needed, in column ${column + 1}`,
        );
      }
    }
    rows.push(row);
  }
  if (rows.length === 0) throw new FormatError(`${path} has no numbers`);
  const numbers = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) numbers.set(row, i * columns);
  return numbers;
}
