import {
  ArgumentError,
  drawForShard,
  dropoutMask,
  Generator,
  ones,
  randomState,
  randomStream,
  restoreRandomState,
  ShardDrawing,
  scope,
  setSeed,
} from '@pnn/tensor';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { philox } from '../src/random.js';

const word = fc.integer({ min: 0, max: 0xffffffff });

function block(counter: readonly number[], key: readonly number[]): number[] {
  const out = new Uint32Array(4);
  const [c0, c1, c2, c3] = counter as [number, number, number, number];
  philox(out, c0, c1, c2, c3, key[0]!, key[1]!);
  return [...out];
}

/** Philox 4x32-10 word for word as Salmon et al. write it, on integers without limit. */
function philoxByDefinition(counter: readonly number[], key: readonly number[]): number[] {
  const mask = 0xffffffffn;
  let [x0, x1, x2, x3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * x0;
    const product1 = 0xcd9e8d57n * x2;
    [x0, x1, x2, x3] = [(product1 >> 32n) ^ x1 ^ k0, product1 & mask, (product0 >> 32n) ^ x3 ^ k1, product0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [x0, x1, x2, x3].map(Number);
}

function draw(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

beforeEach(() => setSeed(0));

describe('philox', () => {
  it.each([
    ['zeros', [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [
      'ones',
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      'the digits of pi',
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('gives the known answer of Random123 for %s', (_, counter, key, answer) => {
    expect(block(counter, key)).toEqual(answer);
  });

  it('agrees with its definition', () => {
    const counters = fc.tuple(word, word, word, word);
    fc.assert(
      fc.property(counters, fc.tuple(word, word), (counter, key) => {
        expect(block(counter, key)).toEqual(philoxByDefinition(counter, key));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a generator', () => {
  it('gives the blocks of philox, with the position below and the name above in the counter', () => {
    const generator = new Generator(0x123456789abcd, 'noise');
    const first = draw(4, () => generator.bits());
    const second = draw(4, () => generator.bits());
    // FNV-1a of "noise".
    const name = [...'noise'].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 0x01000193), 0x811c9dc5) >>> 0;
    const key = [0x6789abcd, 0x12345];
    expect(first).toEqual(block([0, 0, name, 0], key));
    expect(second).toEqual(block([1, 0, name, 0], key));
  });

  it('goes on beyond 2^34 words, where the counter needs its second word', () => {
    const generator = Generator.restore({ seed: 5, stream: 'a', position: 2 ** 34, spareNormal: null });
    const name = Math.imul(0x811c9dc5 ^ 'a'.charCodeAt(0), 0x01000193) >>> 0;
    expect(draw(4, () => generator.bits())).toEqual(block([0, 1, name, 0], [5, 0]));
  });

  it('repeats itself for the same seed and name, and for no others', () => {
    const bits = (seed: number, stream: string) => {
      const generator = new Generator(seed, stream);
      return draw(8, () => generator.bits());
    };
    expect(bits(7, 'a')).toEqual(bits(7, 'a'));
    expect(bits(7, 'a')).not.toEqual(bits(8, 'a'));
    expect(bits(7, 'a')).not.toEqual(bits(7, 'b'));
    expect(bits(7, 'a')).not.toEqual(bits(7 + 2 ** 32, 'a'));
  });

  it('has streams that do not correlate', () => {
    const a = new Generator(1, 'dropout');
    const b = new Generator(1, 'shuffle');
    const products = draw(20_000, () => (a.uniform() - 0.5) * (b.uniform() - 0.5) * 12);
    // The standard deviation of the mean is 1/√20,000.
    expect(Math.abs(meanOf(products))).toBeLessThan(5 / Math.sqrt(20_000));
  });

  it('is uniform in [0, 1)', () => {
    const generator = new Generator(2);
    const numbers = draw(20_000, () => generator.uniform());
    expect(numbers.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(Math.abs(meanOf(numbers) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / 20_000));
    expect(Math.abs(meanOf(numbers.map((x) => x * x)) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / 20_000));
  });

  it('has the first four moments of the normal distribution', () => {
    const generator = new Generator(3);
    const numbers = draw(50_000, () => generator.normal());
    const moment = (power: number) => meanOf(numbers.map((x) => x ** power));
    // The variance of x^k is (2k − 1)!! − E[x^k]².
    const bound = (variance: number) => 5 * Math.sqrt(variance / numbers.length);
    expect(Math.abs(moment(1))).toBeLessThan(bound(1));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(bound(2));
    expect(Math.abs(moment(3))).toBeLessThan(bound(15));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(bound(96));
  });

  it('draws normal numbers in pairs by Box and Muller', () => {
    const generator = new Generator(4);
    const words = new Generator(4);
    const radius = Math.sqrt(-2 * Math.log((words.bits() + 1) / 2 ** 32));
    const angle = (2 * Math.PI * words.bits()) / 2 ** 32;
    expect(generator.normal()).toBeCloseTo(radius * Math.cos(angle), 12);
    expect(generator.normal()).toBeCloseTo(radius * Math.sin(angle), 12);
  });

  it('restores at any place, between the two numbers of a normal pair as well', () => {
    const kinds = fc.array(fc.constantFrom('bits', 'normal', 'integer', 'permutation', 'reserve'), { maxLength: 12 });
    const step = (generator: Generator, kind: string): unknown => {
      if (kind === 'bits') return generator.bits();
      if (kind === 'normal') return generator.normal();
      if (kind === 'integer') return generator.integer(1000);
      return kind === 'permutation' ? [...generator.permutation(5)] : generator.reserve(7);
    };
    fc.assert(
      fc.property(fc.maxSafeNat(), kinds, kinds, (seed, before, after) => {
        const generator = new Generator(seed, 'x');
        for (const kind of before) step(generator, kind);
        const state = JSON.parse(JSON.stringify(generator.state()));
        const expected = after.map((kind) => step(generator, kind));
        const restored = Generator.restore(state);
        expect(after.map((kind) => step(restored, kind))).toEqual(expected);
        generator.resume(state);
        expect(after.map((kind) => step(generator, kind))).toEqual(expected);
      }),
    );
  });

  it('reserves words for somebody who draws them from the position', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), (skipped, count) => {
        const generator = new Generator(9, 'kernel');
        draw(skipped, () => generator.bits());
        const { position, seed, stream } = generator.reserve(count);
        const plain = new Generator(9, 'kernel');
        draw(skipped, () => plain.bits());
        const elsewhere = Generator.restore({ seed, stream, position, spareNormal: null });
        expect(draw(count, () => elsewhere.bits())).toEqual(draw(count, () => plain.bits()));
        expect(generator.bits()).toBe(plain.bits());
      }),
    );
  });

  it('has numbers of its own for each shard at the same position, those without a shard for the first', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(9), fc.nat(2 ** 32 - 1), (seed, skipped, shard) => {
        const of = (each: number) => {
          const generator = new Generator(seed, 'kernel');
          draw(skipped, () => generator.bits());
          // In the middle of a block of four words.
          return drawForShard(each, () => [...draw(5, () => generator.bits()), generator.state().position]);
        };
        const plain = new Generator(seed, 'kernel');
        draw(skipped, () => plain.bits());
        expect(of(0)).toEqual([...draw(5, () => plain.bits()), skipped + 5]);
        expect(of(shard)).toEqual(of(shard));
        if (shard > 0) expect(of(shard).slice(0, 5)).not.toEqual(of(0).slice(0, 5));
        expect(drawForShard(shard, () => plain.reserve(1).shard)).toBe(shard);
        expect(plain.reserve(1).shard).toBe(0);
      }),
    );
  });

  it('draws for each shard from where it stood before the first, and goes on behind all', () => {
    const take = (generator: Generator, count: number) => draw(count, () => generator.bits());
    fc.assert(
      fc.property(fc.nat(9), fc.array(fc.nat(6), { minLength: 1, maxLength: 4 }), (skipped, counts) => {
        const generator = new Generator(3, 'sharded');
        take(generator, skipped);
        const drawing = new ShardDrawing();
        const drawn = counts.map((count, shard) => drawing.run(shard, () => take(generator, count)));
        counts.forEach((count, shard) => {
          const alone = new Generator(3, 'sharded');
          take(alone, skipped);
          expect(drawn[shard]).toEqual(drawForShard(shard, () => take(alone, count)));
          expect(drawing.run(shard, () => take(generator, count))).toEqual(drawn[shard]);
        });
        const most = Math.max(...counts);
        expect(drawing.ends).toEqual(most > 0 ? [skipped + most] : []);
        drawing.finish(drawing.ends);
        const expected = new Generator(3, 'sharded');
        take(expected, skipped + most);
        expect(generator.bits()).toBe(expected.bits());
      }),
    );
  });

  it('forgets the second normal number of a pair where a shard begins', () => {
    const generator = new Generator(3, 'normal');
    generator.normal();
    const drawing = new ShardDrawing();
    const [first, second] = [0, 1].map((shard) => drawing.run(shard, () => generator.normal()));
    expect(first).not.toBe(second);
    expect(drawing.ends).toEqual([4]);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('refuses the seed %d', (seed) => {
    expect(() => new Generator(seed)).toThrow(ArgumentError);
    expect(() => new Generator(seed)).toThrow('Generator: the seed must be an integer from 0 to 2^53 - 1');
    expect(() => setSeed(seed)).toThrow('setSeed: the seed must be an integer');
  });

  it.each([-1, 0.5, Number.NaN])('refuses to be restored at %d', (position) => {
    const state = { seed: 1, stream: 'x', position, spareNormal: null };
    expect(() => Generator.restore(state)).toThrow('Generator.resume: the position must be an integer of 0 or more');
  });
});

describe('integers', () => {
  it('lie below the limit', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, limit) => {
        const value = new Generator(seed).integer(limit);
        expect(Number.isInteger(value) && value >= 0 && value < limit).toBe(true);
      }),
    );
    const generator = new Generator(1);
    const words = new Generator(1);
    expect(generator.integer(2 ** 32)).toBe(words.bits());
    expect(generator.integer(1)).toBe(0);
  });

  it('have no bias, where the remainder of a word would come up small half of the time', () => {
    const generator = new Generator(6);
    const limit = 3 * 2 ** 30;
    const count = 6000;
    const small = draw(count, () => generator.integer(limit)).filter((value) => value < 2 ** 30).length;
    expect(Math.abs(small / count - 1 / 3)).toBeLessThan(5 * Math.sqrt(2 / 9 / count));
  });

  it('come up equally often', () => {
    const generator = new Generator(8);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 12_000; i++) counts[generator.integer(6)]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    // 5 degrees of freedom: beyond 25.7 in one of 10,000 cases.
    expect(chiSquare).toBeLessThan(25.7);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 32 + 1])('refuse the limit %d', (limit) => {
    expect(() => new Generator(0).integer(limit)).toThrow(ArgumentError);
    expect(() => new Generator(0).integer(limit)).toThrow(`not ${limit}`);
  });

  it('permute every position everywhere equally often', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(50), (seed, length) => {
        const order = [...new Generator(seed).permutation(length)];
        expect(order.sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
    const generator = new Generator(10);
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const key = generator.permutation(3).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(2000));
  });
});

describe('the streams of the program', () => {
  it('are one for each name and start anew with a seed, in the hands of those who hold them as well', () => {
    const held = randomStream('held');
    expect(randomStream('held')).toBe(held);
    setSeed(77);
    const first = held.uniform();
    expect(held.seed).toBe(77);
    held.normal();
    setSeed(77);
    expect(held.uniform()).toBe(first);
    expect(new Generator(77, 'held').uniform()).toBe(first);
    setSeed(78);
    expect(held.uniform()).not.toBe(first);
  });

  it('go back to a stored state, in the hands of those who hold them as well', () => {
    const held = randomStream('held');
    held.normal();
    const state = JSON.parse(JSON.stringify(randomState()));
    const late = randomStream('late');
    const expected = [held.normal(), held.uniform(), late.uniform()];
    setSeed(3);
    restoreRandomState(state);
    expect([held.normal(), held.uniform(), late.uniform()]).toEqual(expected);
    expect(randomState().seed).toBe(0);
  });
});

describe('a dropout mask', () => {
  it('is the stream compared with the probability, one word for each element', () => {
    scope(() => {
      const probability = 0.3;
      const mask = dropoutMask(ones([4, 5], { dtype: 'float64' }), probability, new Generator(5, 'mask'));
      const words = new Generator(5, 'mask');
      const kept = 1 - probability;
      expect([...mask.dataSync()]).toEqual(draw(20, () => (words.uniform() < kept ? 1 / kept : 0)));
    });
  });

  it('keeps the mean', () => {
    scope(() => {
      const mask = dropoutMask(ones([20_000]), 0.25).dataSync();
      expect(Math.abs(meanOf([...mask]) - 1)).toBeLessThan(5 * Math.sqrt(1 / 3 / 20_000));
    });
  });

  it('is ones at probability 0', () => {
    scope(() => expect([...dropoutMask(ones([3]), 0).dataSync()]).toEqual([1, 1, 1]));
  });

  it.each([1, -0.1, 1.5, Number.NaN])('refuses the probability %d', (probability) => {
    scope(() => {
      expect(() => dropoutMask(ones([3]), probability)).toThrow(ArgumentError);
      expect(() => dropoutMask(ones([3]), probability)).toThrow(`at least 0 and below 1, not ${probability}`);
    });
  });
});
