import { count, type Decoder, list, number, object, oneOf, refine, text } from '@pnn/pnn/codec';
import { MAX_MODULUS_BITS } from '../ckks/parameters.js';
import type { At } from '../plan/activation.js';

export const integer: Decoder<number> = refine(number, 'an integer', Number.isInteger);
export const positive: Decoder<number> = refine(number, 'a positive number', (value) => value > 0);

/** SHA-256 in hexadecimal digits. */
export const hash: Decoder<string> = refine(text, '64 hexadecimal digits', (value) => /^[0-9a-f]{64}$/.test(value));

/** N. */
export const degree: Decoder<number> = oneOf(...Object.keys(MAX_MODULUS_BITS).map(Number));

/** A list that is short, whatever is on it: messages about it are. */
const shortList = (most: number): Decoder<number[]> =>
  refine(list(count), `a list of ${most} numbers at most`, ({ length }) => length <= most);

/** The bits of each prime. */
export const bits: Decoder<number[]> = shortList(64);

/** The shape of an input. */
export const shape: Decoder<number[]> = shortList(8);

/** A level and a scale. */
export const at: Decoder<At> = object<At>({ level: count, scale: positive });

/** The least and the largest number. */
export const box: Decoder<readonly [low: number, high: number]> = (value, path) => {
  const [low, high] = refine(list(number), 'two numbers', ({ length }) => length === 2)(value, path);
  return [low!, high!] as const;
};
