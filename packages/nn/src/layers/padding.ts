import type { Padding, PadFill, Pair, Tensor, Triple } from '@pnn/tensor';
import { Module } from '../module.js';
import { checkOption } from '../options.js';
import { formatSettings } from './settings.js';

/** A width for both ends of all axes, one for each axis, or [before, after] for each; negative ones take elements away. */
export type PaddingWidths<Size> = Exclude<Padding<Size>, string>;

const layouts = ['[N,C,L]', '[N,C,H,W]', '[N,C,D,H,W]'];

abstract class Pad extends Module {
  readonly #ends: readonly (readonly [number, number])[];

  constructor(
    rank: number,
    readonly padding: PaddingWidths<number | readonly number[]>,
    private readonly fill: PadFill,
  ) {
    super();
    const widths = typeof padding === 'number' ? new Array<number>(rank).fill(padding) : padding;
    this.#ends = widths.map((each) => (typeof each === 'number' ? ([each, each] as const) : each));
    checkOption(this.#ends.length === rank, this.constructor.name, 'padding', `for ${rank} axes`, padding);
  }

  override describe(): string {
    const value = typeof this.fill === 'number' ? [`value ${this.fill}`] : [];
    return [...formatSettings(this, ['padding']), ...value].join(', ');
  }

  override forward(x: Tensor): Tensor {
    const rank = this.#ends.length;
    this.checkInput(x, [rank + 2], layouts[rank - 1]!);
    return x.pad([[0, 0], [0, 0], ...this.#ends], this.fill);
  }
}

/** A line [N,C,L] with a number around it. */
export class ConstantPad1d extends Pad {
  constructor(padding: PaddingWidths<number>, value: number) {
    super(1, padding, value);
  }
}

/** A plane [N,C,H,W] with a number around it. */
export class ConstantPad2d extends Pad {
  constructor(padding: PaddingWidths<Pair>, value: number) {
    super(2, padding, value);
  }
}

/** A volume [N,C,D,H,W] with a number around it. */
export class ConstantPad3d extends Pad {
  constructor(padding: PaddingWidths<Triple>, value: number) {
    super(3, padding, value);
  }
}

/** A line [N,C,L] with its elements mirrored at the ends. */
export class ReflectionPad1d extends Pad {
  constructor(padding: PaddingWidths<number>) {
    super(1, padding, 'reflect');
  }
}

/** A plane [N,C,H,W] with its elements mirrored at the ends. */
export class ReflectionPad2d extends Pad {
  constructor(padding: PaddingWidths<Pair>) {
    super(2, padding, 'reflect');
  }
}

/** A volume [N,C,D,H,W] with its elements mirrored at the ends. */
export class ReflectionPad3d extends Pad {
  constructor(padding: PaddingWidths<Triple>) {
    super(3, padding, 'reflect');
  }
}

/** A line [N,C,L] with its elements at the ends repeated. */
export class ReplicationPad1d extends Pad {
  constructor(padding: PaddingWidths<number>) {
    super(1, padding, 'replicate');
  }
}

/** A plane [N,C,H,W] with its elements at the ends repeated. */
export class ReplicationPad2d extends Pad {
  constructor(padding: PaddingWidths<Pair>) {
    super(2, padding, 'replicate');
  }
}

/** A volume [N,C,D,H,W] with its elements at the ends repeated. */
export class ReplicationPad3d extends Pad {
  constructor(padding: PaddingWidths<Triple>) {
    super(3, padding, 'replicate');
  }
}

/** A line [N,C,L] with the elements of its other end around it. */
export class CircularPad1d extends Pad {
  constructor(padding: PaddingWidths<number>) {
    super(1, padding, 'circular');
  }
}

/** A plane [N,C,H,W] with the elements of its other end around it. */
export class CircularPad2d extends Pad {
  constructor(padding: PaddingWidths<Pair>) {
    super(2, padding, 'circular');
  }
}

/** A volume [N,C,D,H,W] with the elements of its other end around it. */
export class CircularPad3d extends Pad {
  constructor(padding: PaddingWidths<Triple>) {
    super(3, padding, 'circular');
  }
}

/** A plane [N,C,H,W] with zeros around it. */
export class ZeroPad2d extends Pad {
  constructor(padding: PaddingWidths<Pair>) {
    super(2, padding, 0);
  }
}
