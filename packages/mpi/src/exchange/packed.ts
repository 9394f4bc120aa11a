import { type Buffer, type FloatDType, reference, type Tensor } from '@pnn/nn';
import { hostBytes, hostOffset } from '@pnn/tensor/node';
import { bytesOf, type Segment } from './pieces.js';

/** Small tensors side by side: where each of them is in the segment. */
export class Packed {
  readonly #members: { readonly tensor: Tensor; readonly offset: number }[] = [];
  readonly #buffer: Buffer;
  readonly segment: Segment;

  constructor(dtype: FloatDType, tensors: readonly Tensor[]) {
    const size = tensors.reduce((sum, tensor) => sum + tensor.size, 0);
    this.#buffer = reference.memory.allocate(dtype, size);
    this.segment = { dtype, offset: hostOffset(this.#buffer)!, size };
    let offset = this.segment.offset;
    for (const tensor of tensors) {
      this.#members.push({ tensor, offset });
      offset += tensor.size * bytesOf(dtype);
    }
  }

  fill(): void {
    const bytes = hostBytes();
    for (const { tensor, offset } of this.#members) {
      const begin = hostOffset(tensor.buffer)!;
      bytes.copyWithin(offset, begin, begin + tensor.size * bytesOf(this.segment.dtype));
    }
  }

  /** Gives the tensors what the segment holds now. */
  empty(): void {
    const bytes = hostBytes();
    for (const { tensor, offset } of this.#members) {
      bytes.copyWithin(hostOffset(tensor.buffer)!, offset, offset + tensor.size * bytesOf(this.segment.dtype));
    }
  }

  release(): void {
    reference.memory.release(this.#buffer);
  }
}
