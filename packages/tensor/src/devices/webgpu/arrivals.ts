/** Round trips after the last read that was begun, of a tenth of a millisecond or two each. */
const ROUND_TRIPS = 16;

/**
 * Makes what is read from the GPU arrive when it is there. Chromium looks for it whenever commands come, but else only every
 * 2 ms (`kHandleMoreWorkPeriodMs` in its gpu/ipc/service/command_buffer_stub.cc), which is as long as a hundred small kernels
 * take. So commands that do nothing go there and back for about as long. Who waits longer hardly notices 2 ms, and further
 * commands would take time of the processor, which may be what computes.
 */
export class Arrivals {
  readonly #device: GPUDevice;
  #awaited = 0;
  #tripsLeft = 0;
  #isAsking = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** @param arrived settled when the elements are there, or never will be */
  expect(arrived: Promise<unknown>): void {
    this.#awaited++;
    const settle = (): void => {
      this.#awaited--;
    };
    arrived.then(settle, settle);
    this.#tripsLeft = ROUND_TRIPS;
    if (!this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      while (this.#awaited > 0 && this.#tripsLeft-- > 0) {
        // Nothing lies between the two, so no error ends up in this scope.
        this.#device.pushErrorScope('validation');
        await this.#device.popErrorScope();
      }
    } catch {
      // A device that was lost need not answer: the read itself tells.
    }
    this.#isAsking = false;
  }
}
