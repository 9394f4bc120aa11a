import { type DType, MemoryError } from '@pnn/tensor';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type HostBuffer, LinearMemory } from '../src/devices/host/linear-memory.js';
import { bytesPerElement } from '../src/dtype.js';

const memory = new LinearMemory();
const held = new Set<HostBuffer>();

function allocate(byteLength: number): HostBuffer {
  const buffer = memory.allocate(byteLength);
  held.add(buffer);
  return buffer;
}

function release(buffer: HostBuffer): void {
  held.delete(buffer);
  memory.release(buffer);
}

afterEach(() => {
  for (const buffer of held) release(buffer);
  expect(memory.usedBlocks).toBe(0);
  expect(memory.usedBytes).toBe(0);
});

const byteLengths = fc.oneof(
  fc.nat(200),
  fc.nat(5000),
  fc.nat(1_000_000),
  fc.integer({ min: 0, max: 20 }).chain((bits) => fc.constantFrom(2 ** bits - 1, 2 ** bits, 2 ** bits + 1)),
);

describe('the allocator', () => {
  it('never gives the same bytes to two blocks, whatever is allocated and released in whatever order', () => {
    const actions = fc.array(
      fc.oneof(
        byteLengths.map((byteLength) => ({ byteLength })),
        fc.nat().map((victim) => ({ victim })),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(actions, (steps) => {
        const live: HostBuffer[] = [];
        let bytes = 0;
        for (const step of steps) {
          if ('byteLength' in step) {
            const made = allocate(step.byteLength);
            bytes += step.byteLength;
            expect(made.pointer).toBeGreaterThan(0);
            expect(made.pointer % 64).toBe(0);
            expect(made.capacity).toBeGreaterThanOrEqual(step.byteLength);
            expect(made.pointer + made.capacity).toBeLessThanOrEqual(memory.memory.buffer.byteLength);
            for (const other of live) {
              expect(
                made.pointer + made.capacity <= other.pointer || other.pointer + other.capacity <= made.pointer,
              ).toBe(true);
            }
            live.push(made);
          } else if (live.length > 0) {
            const [victim] = live.splice(step.victim % live.length, 1);
            bytes -= victim!.byteLength;
            release(victim!);
          }
          expect(memory.usedBlocks).toBe(live.length);
          expect(memory.usedBytes).toBe(bytes);
        }
        for (const buffer of live) release(buffer);
      }),
    );
  });

  it('hands a released block out again, so that a loop reserves nothing', () => {
    fc.assert(
      fc.property(fc.array(byteLengths, { maxLength: 20 }), (sizes) => {
        const round = () => {
          for (const buffer of sizes.map(allocate)) release(buffer);
        };
        round();
        const reserved = memory.reservedBytes;
        for (let i = 0; i < 5; i++) round();
        expect(memory.reservedBytes).toBe(reserved);
      }),
    );
  });

  it('wastes at most an eighth above 1 KiB, and less than 64 bytes below', () => {
    fc.assert(
      fc.property(byteLengths, (byteLength) => {
        const buffer = allocate(byteLength);
        const waste = buffer.capacity - byteLength;
        release(buffer);
        if (byteLength > 1024) expect(waste).toBeLessThan(byteLength / 8);
        else expect(waste).toBeLessThan(byteLength === 0 ? 65 : 64);
      }),
    );
  });

  it('gives a block to any request of its size class', () => {
    const first = allocate(1100);
    release(first);
    expect(allocate(1150).pointer).toBe(first.pointer);
  });

  it('keeps what is in a block while the memory grows', () => {
    const types: DType[] = ['float32', 'float64', 'int32', 'bool'];
    const blocks = types.map((dtype, i) => {
      const buffer = allocate(10 * bytesPerElement(dtype));
      memory.view(buffer, dtype).fill(i + 1);
      return { dtype, buffer };
    });
    const before = memory.memory.buffer.byteLength;
    const large = allocate(before);
    expect(memory.memory.buffer.byteLength).toBeGreaterThan(before);
    memory.view(large, 'bool').fill(9, 0, 1000);
    blocks.forEach(({ dtype, buffer }, i) => {
      const view = memory.view(buffer, dtype);
      expect(view.buffer).toBe(memory.memory.buffer);
      expect([...view]).toEqual(new Array(10).fill(i + 1));
    });
  });

  it('shows a block as the array of its type, with exactly the elements asked for', () => {
    const buffer = allocate(24);
    expect(memory.view(buffer, 'float32')).toBeInstanceOf(Float32Array);
    expect(memory.view(buffer, 'float32')).toHaveLength(6);
    expect(memory.view(buffer, 'float64')).toHaveLength(3);
    expect(memory.view(buffer, 'float64').byteOffset).toBe(buffer.pointer);
    expect(memory.view(buffer, 'float64')).toBe(memory.view(buffer, 'float64'));
  });
});

describe('a full memory', () => {
  const full = new LinearMemory();

  it('says what to do, stays as it was, and uses the smallest free block that is large enough', () => {
    expect(() => full.allocate(2 ** 33)).toThrow(MemoryError);
    const blocks: HostBuffer[] = [];
    // Nothing is written to these blocks, so they cost address space only.
    for (let size = 2 ** 30; size >= 64; size /= 2) {
      for (;;) {
        const used = [full.usedBlocks, full.usedBytes, full.reservedBytes];
        try {
          blocks.push(full.allocate(size));
        } catch (error) {
          expect(error).toBeInstanceOf(MemoryError);
          expect(String(error)).toContain(`${size} bytes do not fit beside the ${used[1]} in use (4 GiB in all)`);
          expect(String(error)).toContain('scope() or dispose()');
          expect([full.usedBlocks, full.usedBytes, full.reservedBytes]).toEqual(used);
          break;
        }
      }
    }
    // A platform that refuses to grow leaves less than 4 GiB, but more than what a block needs below.
    const sorted = blocks.sort((a, b) => a.capacity - b.capacity);
    const large = sorted.at(-1)!;
    const small = sorted.find(({ capacity }) => capacity >= 4096 && capacity < large.capacity)!;
    full.release(large);
    full.release(small);
    const found = full.allocate(1000);
    expect(found.pointer).toBe(small.pointer);
    expect(found.capacity).toBe(small.capacity);
    full.release(found);
    expect(full.allocate(small.byteLength).pointer).toBe(small.pointer);
    expect(full.allocate(1000).pointer).toBe(large.pointer);
    expect(() => full.allocate(64)).toThrow(MemoryError);
  });
});
