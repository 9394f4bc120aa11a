import { FormatError } from '@pnn/tensor';

/**
 * Checks plain data and returns it typed.
 *
 * @param path where the value was found, such as `report.json: report.runs[0]`: what messages begin with
 * @throws FormatError if the value is not what is expected
 */
export type Decoder<T> = (value: unknown, path: string) => T;

const MAX_EXCERPT = 60;

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return (typeof value === 'string' ? JSON.stringify(value) : String(value)).slice(0, MAX_EXCERPT);
}

/**
 * Refuses a value.
 *
 * @param expected what it should be, as it stands in "must be …"
 * @throws FormatError always
 */
export function refuse(value: unknown, path: string, expected: string): never {
  throw new FormatError(`${path} must be ${expected}, not ${describe(value)}`);
}

/** A decoder of what a type guard lets pass. */
function primitive<T>(expected: string, is: (value: unknown) => value is T): Decoder<T> {
  return (value, path) => (is(value) ? value : refuse(value, path, expected));
}

/** A string. */
export const text: Decoder<string> = primitive('a string', (value) => typeof value === 'string');

/** True or false. */
export const boolean: Decoder<boolean> = primitive('true or false', (value) => typeof value === 'boolean');

const NON_FINITE = new Map([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((x) => [String(x), x]));

/** A number; `"NaN"`, `"Infinity"` and `"-Infinity"` are the numbers that JSON does not have. */
export const number: Decoder<number> = (value, path) => {
  if (typeof value === 'number') return value;
  return (typeof value === 'string' ? NON_FINITE.get(value) : undefined) ?? refuse(value, path, 'a number');
};

/** An integer of 0 or more that a float64 holds exactly. */
export const count: Decoder<number> = primitive(
  'an integer of 0 or more',
  (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
);

/** Whatever there is, undecoded: for somebody else to decode. Only what is missing is refused. */
export const anything: Decoder<unknown> = (value, path) =>
  value ?? (value === null ? null : refuse(value, path, 'there'));

/** One of a few constants. */
export function oneOf<const T extends readonly (string | number | boolean | null)[]>(
  ...allowed: T
): Decoder<T[number]> {
  const expected = allowed.map((each) => JSON.stringify(each)).join(' or ');
  return primitive(expected, (value): value is T[number] => allowed.includes(value as T[number]));
}

/** What the first decoder that takes the value makes of it. */
export function anyOf<T>(expected: string, ...decoders: readonly Decoder<T>[]): Decoder<T> {
  return (value, path) => {
    for (const decode of decoders) {
      try {
        return decode(value, path);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    return refuse(value, path, expected);
  };
}

/** What is decoded, and passes a test besides. */
export function refine<T>(decode: Decoder<T>, expected: string, test: (value: T) => boolean): Decoder<T> {
  return (value, path) => {
    const decoded = decode(value, path);
    return test(decoded) ? decoded : refuse(value, path, expected);
  };
}

/** Something else, or null. */
export function nullable<T>(decode: Decoder<T>): Decoder<T | null> {
  return (value, path) => (value === null ? null : decode(value, path));
}

/** Something else, or nothing: a field of an object that may be missing. */
export function optional<T>(decode: Decoder<T>): Decoder<T | undefined> {
  return (value, path) => (value === undefined ? undefined : decode(value, path));
}

/** A list of any length. */
export function list<T>(decode: Decoder<T>): Decoder<T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((item: unknown, index) => decode(item, `${path}[${index}]`))
      : refuse(value, path, 'a list');
}

function fieldsOf(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(value, path, 'an object');
  return value as Record<string, unknown>;
}

/** An object with any keys. */
export function dictionary<T>(decode: Decoder<T>): Decoder<Record<string, T>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(fieldsOf(value, path)).map(([key, item]) => [key, decode(item, `${path}.${key}`)]),
    );
}

/** A decoder for each field of T; those that may be missing take `undefined`, see {@link optional}. */
export type FieldDecoders<T> = { readonly [Key in keyof T]-?: Decoder<T[Key]> };

/** An object with these fields; others are left out. */
export function object<T extends object>(decoders: FieldDecoders<T>): Decoder<T> {
  return (value, path) => {
    const fields = fieldsOf(value, path);
    const decoded: Partial<T> = {};
    for (const key in decoders) {
      const field = decoders[key](Object.hasOwn(fields, key) ? fields[key] : undefined, `${path}.${key}`);
      if (field !== undefined) decoded[key] = field;
    }
    return decoded as T;
  };
}

/** An object of one of several kinds, which its field `kind` tells apart. */
export function union<T extends { readonly kind: string }>(
  kinds: {
    readonly [Kind in T['kind']]: Decoder<Extract<T, { readonly kind: Kind }>>;
  },
): Decoder<T> {
  const kindOf = oneOf(...(Object.keys(kinds) as T['kind'][]));
  return (value, path) => {
    const { kind } = fieldsOf(value, path);
    const decode: Decoder<T> = kinds[kindOf(kind, `${path}.kind`)];
    return decode(value, path);
  };
}
