import type { Adapter, Answer, Request } from '../../protocol.js';
import { Performer } from '../../subject.js';
import { type GpuWay, missingHere, openDevice, subject } from './device.js';

const performer = new Performer(subject);

/** What the program in Node calls in the page. */
export interface BenchmarkPage {
  /** Opens the device, or says in words why it cannot. */
  start(mode: GpuWay): Promise<Adapter | { readonly absent: string }>;
  answer(request: Request): Promise<Answer>;
}

const benchmark: BenchmarkPage = {
  async start(mode) {
    const missing = await missingHere(mode);
    if (missing !== undefined) return { absent: missing };
    try {
      return await openDevice(mode);
    } catch (error) {
      return { absent: (error as Error).message };
    }
  },
  answer: (request) => performer.answer(request),
};

Object.assign(window, { benchmark, isReady: true });
