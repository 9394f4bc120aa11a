import { ArgumentError, formatShape, type Shape, ShapeError, sizeOf, type Tensor } from '@pnn/tensor';
import { Module } from '../module.js';
import { checkOption } from '../options.js';

/** Its input. */
export class Identity extends Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}

function axisFromStart(name: string, axis: number, x: Tensor): number {
  const at = axis < 0 ? axis + x.rank : axis;
  if (at >= 0 && at < x.rank) return at;
  throw new ShapeError(`${name}: axis ${axis} of ${formatShape(x.shape)}: there are ${x.rank} axes`);
}

/** The axes from `start` to `end` as one, all but the first by default: [N,…] → [N,features]. */
export class Flatten extends Module {
  /**
   * @param start the first axis that is flattened
   * @param end the last one; negative ones count from the end
   * @throws ArgumentError where they are not integers
   */
  constructor(
    readonly start = 1,
    readonly end = -1,
  ) {
    super();
    checkOption(Number.isInteger(start), 'Flatten', 'start', 'an integer', start);
    checkOption(Number.isInteger(end), 'Flatten', 'end', 'an integer', end);
  }

  override describe(): string {
    return this.start === 1 && this.end === -1 ? '' : `${this.start} to ${this.end}`;
  }

  /** @throws ShapeError where there are no such axes */
  override forward(x: Tensor): Tensor {
    return x.flatten(this.start, this.end);
  }
}

/** One axis as several: the inverse of Flatten. */
export class Unflatten extends Module {
  /**
   * @param lengths those of the new axes; one may be −1 and is worked out
   * @throws ArgumentError where there are no lengths, or one is not an integer
   */
  constructor(
    readonly axis: number,
    readonly lengths: Shape,
  ) {
    super();
    checkOption(Number.isInteger(axis), 'Unflatten', 'axis', 'an integer', axis);
    if (lengths.length === 0 || !lengths.every((length) => Number.isInteger(length) && length >= -1)) {
      throw new ArgumentError(`Unflatten: lengths must be one or more integers, not ${formatShape(lengths)}`);
    }
  }

  override describe(): string {
    return `${this.axis} to ${formatShape(this.lengths)}`;
  }

  /** @throws ShapeError where the lengths do not make up the axis */
  override forward(x: Tensor): Tensor {
    const at = axisFromStart('Unflatten', this.axis, x);
    const length = x.shape[at]!;
    const known = sizeOf(this.lengths.filter((each) => each !== -1));
    const missing = this.lengths.filter((each) => each === -1).length;
    const rest = missing === 1 && known > 0 ? length / known : 1;
    if (missing > 1 || !Number.isInteger(rest) || known * rest !== length) {
      throw new ShapeError(
        `Unflatten: axis ${at} of ${formatShape(x.shape)} cannot become ${formatShape(this.lengths)}`,
      );
    }
    const lengths = this.lengths.map((each) => (each === -1 ? rest : each));
    return x.reshape([...x.shape.slice(0, at), ...lengths, ...x.shape.slice(at + 1)]);
  }
}
