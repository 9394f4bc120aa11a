import { type ScalarType, SLOT_BYTES } from './wgsl/program.js';

const UNIFORM = 0x40;
const COPY_DESTINATION = 0x8;

/** The parameters of all dispatches of a batch, in slots of one uniform buffer that is written once, before the submit. */
export class ParameterRing {
  readonly buffer: GPUBuffer;
  readonly #bytes: ArrayBuffer;
  readonly #view: DataView;
  #used = 0;

  constructor(device: GPUDevice, slots: number) {
    const size = slots * SLOT_BYTES;
    this.buffer = device.createBuffer({ size, usage: UNIFORM | COPY_DESTINATION });
    this.#bytes = new ArrayBuffer(size);
    this.#view = new DataView(this.#bytes);
  }

  /** Stores numbers in the next slot and gives its offset. */
  add(types: readonly ScalarType[], values: readonly number[]): number {
    const offset = this.#used;
    this.#used += SLOT_BYTES;
    for (let i = 0; i < values.length; i++) {
      const at = offset + 4 * i;
      if (types[i] === 'f32') this.#view.setFloat32(at, values[i]!, true);
      else this.#view.setInt32(at, values[i]!, true);
    }
    return offset;
  }

  /** Sends what was stored, and begins anew. */
  send(queue: GPUQueue): void {
    if (this.#used > 0) queue.writeBuffer(this.buffer, 0, this.#bytes, 0, this.#used);
    this.#used = 0;
  }
}
