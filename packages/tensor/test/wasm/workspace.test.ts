import { MemoryError } from '@pnn/tensor';
import { afterEach, expect, test, vi } from 'vitest';
import { linearMemory } from '../../src/devices/host/linear-memory.js';
import { Workspace } from '../../src/devices/wasm/workspace.js';

afterEach(() => {
  vi.restoreAllMocks();
});

test('a workspace never holds two blocks, and gives back the one it has', () => {
  const used = linearMemory.usedBytes;
  const workspace = new Workspace();
  const first = workspace.reserve(1000);
  expect(workspace.reserve(400)).toBe(first);
  const allocate = linearMemory.allocate.bind(linearMemory);
  const whenAsked: number[] = [];
  vi.spyOn(linearMemory, 'allocate').mockImplementation((bytes) => {
    whenAsked.push(linearMemory.usedBytes);
    return allocate(bytes);
  });
  expect(workspace.reserve(5000).byteLength).toBe(5000);
  expect(whenAsked).toEqual([used]);
  expect(linearMemory.usedBytes).toBe(used + 5000);
  workspace.release();
  workspace.release();
  expect(linearMemory.usedBytes).toBe(used);
});

test('a workspace for which there was no room can be used again', () => {
  const workspace = new Workspace();
  workspace.reserve(64);
  const used = linearMemory.usedBytes;
  expect(() => workspace.reserve(2 ** 33)).toThrow(MemoryError);
  expect(linearMemory.usedBytes).toBe(used - 64);
  expect(workspace.reserve(64).byteLength).toBe(64);
  workspace.release();
});
