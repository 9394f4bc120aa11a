import { getThreads, reference, setThreads, wasm } from '@pnn/nn';
import { afterAll, describe, expect, it } from 'vitest';
import { kernelFingerprint, mathFingerprint } from '../src/fingerprint.js';

describe('fingerprints', () => {
  const threads = getThreads();
  afterAll(() => setThreads(threads));

  it('are the same every time', async () => {
    expect(mathFingerprint()).toMatch(/^[0-9a-f]{8}$/);
    expect(mathFingerprint()).toBe(mathFingerprint());
    expect(await kernelFingerprint(reference)).toMatch(/^[0-9a-f]{8}$/);
    expect(await kernelFingerprint(reference)).toBe(await kernelFingerprint(reference));
  });

  it('of a device do not depend on threads', async () => {
    setThreads(1);
    const alone = await kernelFingerprint(await wasm());
    setThreads(2);
    expect(await kernelFingerprint(await wasm())).toBe(alone);
  });

  it('of devices that round differently differ', async () => {
    expect(await kernelFingerprint(reference)).not.toBe(await kernelFingerprint(await wasm()));
  });

  it('notice another last bit of Math', () => {
    const before = mathFingerprint();
    const { tanh } = Math;
    try {
      Math.tanh = (x) => (x === 1 ? tanh(x) + 2 ** -53 : tanh(x));
      expect(mathFingerprint()).not.toBe(before);
    } finally {
      Math.tanh = tanh;
    }
    expect(mathFingerprint()).toBe(before);
  });
});
