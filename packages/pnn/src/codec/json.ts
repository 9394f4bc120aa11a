import { FormatError } from '@pnn/tensor';
import type { Decoder } from './decoder.js';

/**
 * Plain data as JSON (RFC 8259) on one line. JSON has no NaN and no infinity: they are written as the strings `"NaN"`,
 * `"Infinity"` and `"-Infinity"`, which the decoder `number` turns back into numbers. Negative zeros become zeros.
 */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'number' && !Number.isFinite(each) ? String(each) : each,
  );
}

/**
 * Reads what {@link encodeJson} wrote.
 *
 * @param path what messages call the value, with the file or function in front: `report.json: report`
 * @throws FormatError if the text is no JSON, or not what the decoder expects
 */
export function decodeJson<T>(text: string, decode: Decoder<T>, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${path} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  return decode(value, path);
}
