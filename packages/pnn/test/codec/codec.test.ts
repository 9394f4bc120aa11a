import {
  anyOf,
  anything,
  boolean,
  count,
  type Decoder,
  decodeJson,
  dictionary,
  encodeJson,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  refine,
  text,
  union,
} from '@pnn/pnn/codec';
import { FormatError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutationsOf } from './mutations.js';

interface Typed {
  readonly decode: Decoder<unknown>;
  readonly value: fc.Arbitrary<unknown>;
}

const numbers = fc.double().map((x) => (Object.is(x, -0) ? 0 : x));
const leaves: readonly Typed[] = [
  { decode: text, value: fc.string({ unit: 'binary' }) },
  { decode: boolean, value: fc.boolean() },
  { decode: number, value: numbers },
  { decode: count, value: fc.maxSafeNat() },
  { decode: oneOf('a', 2, null), value: fc.constantFrom('a', 2, null) },
  { decode: refine(count, 'even', (n) => n % 2 === 0), value: fc.nat().map((n) => 2 * n) },
  { decode: anyOf<unknown>('a boolean or a list', boolean, list(number)), value: fc.array(numbers) },
];

/** A decoder, and values that it takes. */
const { typed } = fc.letrec<{ typed: Typed }>((tie) => ({
  typed: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...leaves),
    tie('typed').map(
      ({ decode, value }): Typed => ({ decode: list(decode), value: fc.array(value, { maxLength: 4 }) }),
    ),
    tie('typed').map(
      ({ decode, value }): Typed => ({ decode: dictionary(decode), value: fc.dictionary(fc.string(), value) }),
    ),
    tie('typed').map(({ decode, value }): Typed => ({ decode: nullable(decode), value: fc.option(value) })),
    fc.tuple(tie('typed'), tie('typed')).map(
      ([a, b]): Typed => ({
        decode: object<{ a: unknown; b?: unknown }>({ a: a.decode, b: optional(b.decode) }),
        value: fc.record({ a: a.value, b: b.value }, { requiredKeys: ['a'] }),
      }),
    ),
    fc.tuple(tie('typed'), tie('typed')).map(
      ([a, b]): Typed => ({
        decode: union<{ kind: 'one'; a: unknown } | { kind: 'other'; b: unknown }>({
          one: object({ kind: oneOf('one'), a: a.decode }),
          other: object({ kind: oneOf('other'), b: b.decode }),
        }),
        value: fc.oneof(
          fc.record({ kind: fc.constant('one'), a: a.value }),
          fc.record({ kind: fc.constant('other'), b: b.value }),
        ),
      }),
    ),
  ),
}));

const decodedValue = typed.chain(({ decode, value }) => fc.tuple(fc.constant(decode), value));

describe('encodeJson and decodeJson', () => {
  it('return every value unchanged, numbers that JSON does not have included', () => {
    fc.assert(
      fc.property(decodedValue, ([decode, value]) => {
        expect(decodeJson(encodeJson(value), decode, 'x')).toEqual(value);
      }),
    );
  });

  it('refuse what is wrong by a FormatError that names the place, and nothing else', () => {
    fc.assert(
      fc.property(decodedValue, fc.nat(), ([decode, value], choice) => {
        const places = mutationsOf(JSON.parse(encodeJson(value)));
        for (const { path, value: mutated } of places[choice % places.length]!) {
          try {
            decodeJson(encodeJson(mutated) ?? 'null', decode, 'x');
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
            const [named, changed] = [(error as Error).message.split(' must be ')[0]!, `x${path}`];
            // Further in where the new value is itself wrong inside, further out where several decoders were tried.
            expect(named.startsWith(changed) || changed.startsWith(named), (error as Error).message).toBe(true);
          }
        }
      }),
    );
  });

  it('says that a text is no JSON', () => {
    expect(() => decodeJson('{', text, 'a.json: report')).toThrow(FormatError);
    expect(() => decodeJson('{', text, 'a.json: report')).toThrow(/^a\.json: report is no JSON: /);
  });
});

describe('decoders', () => {
  it.each([
    [text, 1, 'f: x must be a string, not 1'],
    [boolean, 'true', 'f: x must be true or false, not "true"'],
    [number, 'nan', 'f: x must be a number, not "nan"'],
    [count, -1, 'f: x must be an integer of 0 or more, not -1'],
    [count, 2 ** 53, 'f: x must be an integer of 0 or more, not 9007199254740992'],
    [anything, undefined, 'f: x must be there, not nothing'],
    [oneOf('a', 2), 'b', 'f: x must be "a" or 2, not "b"'],
    [list(text), ['a', 2], 'f: x[1] must be a string, not 2'],
    [list(text), {}, 'f: x must be a list, not an object'],
    [dictionary(text), { a: null }, 'f: x.a must be a string, not null'],
    [object<{ a: string }>({ a: text }), [], 'f: x must be an object, not a list'],
    [object<{ a: string }>({ a: text }), {}, 'f: x.a must be a string, not nothing'],
    [object<{ toString: string }>({ toString: text }), {}, 'f: x.toString must be a string, not nothing'],
    [anyOf<unknown>('one of two', text, boolean), 1, 'f: x must be one of two, not 1'],
    [refine(number, 'positive', (x) => x > 0), 0, 'f: x must be positive, not 0'],
    [union<{ kind: 'one' }>({ one: object({ kind: oneOf('one') }) }), { kind: 2 }, 'f: x.kind must be "one", not 2'],
    [text, 10n, 'f: x must be a string, not 10'],
    [boolean, 'long'.repeat(30), `f: x must be true or false, not "${'long'.repeat(15).slice(0, 59)}`],
  ] as [Decoder<unknown>, unknown, string][])('refuse what they are not for: %#', (decode, value, message) => {
    expect(() => decode(value, 'f: x')).toThrow(new FormatError(message));
  });

  it('leave out fields that are not asked for, and optional ones that are missing', () => {
    const decode = object<{ a: string; b?: number }>({ a: text, b: optional(number) });
    expect(decode({ a: 'x', c: 1 }, '')).toEqual({ a: 'x' });
    expect(Object.keys(decode({ a: 'x' }, ''))).toEqual(['a']);
    expect(decode({ a: 'x', b: 2 }, '')).toEqual({ a: 'x', b: 2 });
  });

  it('refuse hugely nested values with a short message', () => {
    let nested: unknown = 0;
    for (let i = 0; i < 100_000; i++) nested = [nested];
    expect(() => text(nested, 'x')).toThrow(new FormatError('x must be a string, not a list'));
  });

  it('keep a key like __proto__ an ordinary one', () => {
    const decoded = decodeJson('{"__proto__":"x"}', dictionary(text), 'x');
    expect(Object.entries(decoded)).toEqual([['__proto__', 'x']]);
  });

  it('pass on errors that are not theirs', () => {
    const broken: Decoder<never> = () => {
      throw new TypeError('a defect');
    };
    expect(() => anyOf<unknown>('x', broken, text)('x', '')).toThrow(TypeError);
  });
});
