import { expect, test } from 'vitest';
import { Arrivals } from '../../src/devices/webgpu/arrivals.js';

/** A device that answers at once, and counts how often it was asked and how many questions were open at a time. */
class Asked {
  questions = 0;
  open = 0;
  mostOpen = 0;

  constructor(readonly refuses = false) {}

  pushErrorScope(): void {
    this.questions++;
    this.open++;
    this.mostOpen = Math.max(this.mostOpen, this.open);
  }

  async popErrorScope(): Promise<null> {
    await Promise.resolve();
    this.open--;
    if (this.refuses) throw new Error('lost');
    return null;
  }
}

const arrivalsOf = (device: Asked) => new Arrivals(device as unknown as GPUDevice);
const later = () => new Promise((resolve) => setTimeout(resolve));

test('asks until what is read has arrived', async () => {
  const device = new Asked();
  let arrive = () => {};
  arrivalsOf(device).expect(
    new Promise<void>((resolve) => {
      arrive = resolve;
    }),
  );
  await Promise.resolve();
  expect(device.questions).toBeGreaterThan(0);
  arrive();
  await later();
  expect(device.questions).toBeLessThan(10);
  expect(device.open).toBe(0);
});

test('asks no more when a read fails, or when nobody answers', async () => {
  const device = new Asked();
  arrivalsOf(device).expect(Promise.reject(new Error('lost')));
  await later();
  expect(device.questions).toBeLessThan(10);
  const refusing = new Asked(true);
  arrivalsOf(refusing).expect(new Promise(() => {}));
  await later();
  expect(refusing.questions).toBe(1);
});

test('gives up after a while, one question at a time, and begins anew with the next read', async () => {
  const device = new Asked();
  const arrivals = arrivalsOf(device);
  for (let read = 0; read < 3; read++) arrivals.expect(new Promise(() => {}));
  await later();
  const { questions } = device;
  expect(questions).toBeLessThanOrEqual(32);
  await later();
  expect(device.questions).toBe(questions);
  arrivals.expect(new Promise(() => {}));
  await later();
  expect(device.questions).toBeGreaterThan(questions);
  expect(device.mostOpen).toBe(1);
});
