import { Generator, getDevice, normal, reference, scope, setThreads, type Tensor } from '@pnn/nn';

/** What a page finds where kernels run on several threads. */
export interface Findings {
  readonly description: string | undefined;
  /** Whether results on one thread and on two have the same bits, while workers start and after. */
  readonly same: boolean;
  /** The largest difference from the reference. */
  readonly difference: number;
}

async function findings(): Promise<Findings> {
  const device = getDevice();
  const draw = (on = device) => normal([300, 300], 0, 1, { device: on, generator: new Generator(1) });
  const square = (x: Tensor) => scope(() => x.matmul(x).dataSync() as Float32Array);
  const x = draw();
  setThreads(1);
  const single = square(x);
  setThreads(2);
  let same = true;
  for (let i = 0; i < 40; i++) {
    same &&= square(x).every((value, k) => Object.is(value, single[k]));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const exact = square(draw(reference));
  const difference = single.reduce((largest, value, k) => Math.max(largest, Math.abs(value - exact[k]!)), 0);
  return { description: device.description, same, difference };
}

Object.assign(window, { findings, isReady: true });
