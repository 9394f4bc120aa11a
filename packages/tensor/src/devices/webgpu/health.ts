import { DeviceError } from '../../errors.js';

const KINDS = ['validation', 'out-of-memory', 'internal'] as const;

/** Remembers the first thing that goes wrong: a GPU itself goes on, and gives zeros. */
export class Health {
  readonly #device: GPUDevice;
  readonly #name: string;
  readonly #onFailure: () => void;
  #failure: string | undefined;

  /** @param onFailure is called once, when something has gone wrong */
  constructor(name: string, device: GPUDevice, onFailure: () => void) {
    this.#name = name;
    this.#device = device;
    this.#onFailure = onFailure;
    device.lost.then(({ message }) =>
      this.#fail(`the GPU was lost, and the elements of its tensors with it (${message})`),
    );
    device.addEventListener('uncapturederror', (event) => this.#fail(`the GPU refused work (${event.error.message})`));
  }

  /** @throws DeviceError where what the device has computed cannot be trusted any more */
  check(): void {
    if (this.#failure === undefined) return;
    throw new DeviceError(
      `${this.#name}: ${this.#failure}: begin anew with the device that webgpu() gives now, or with another one`,
    );
  }

  /** Notes that elements did not arrive: where nobody has told why before, what the mapping says is all that is known. */
  missed(error: unknown): void {
    this.#fail(`elements could not be read (${error instanceof Error ? error.message : error})`);
  }

  /** From now on errors are collected until `close`. */
  open(): void {
    for (const kind of KINDS) this.#device.pushErrorScope(kind);
  }

  /** Fulfilled when it is known whether something has gone wrong since `open`. */
  close(): Promise<void> {
    const reported = KINDS.map(() =>
      this.#device.popErrorScope().then(
        (error) => {
          if (error) this.#fail(this.#reasonOf(error));
        },
        (error: unknown) => this.#fail(error instanceof Error ? error.message : String(error)),
      ),
    );
    return Promise.all(reported).then(() => {});
  }

  #reasonOf(error: GPUError): string {
    const isMemory = error.constructor.name === 'GPUOutOfMemoryError';
    return isMemory
      ? `the memory of the GPU did not suffice, and elements are missing (${error.message})`
      : `the GPU refused work (${error.message})`;
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#onFailure();
  }
}
