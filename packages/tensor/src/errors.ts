/** The base of every error that the @pnn packages throw on purpose: catch it to tell a wrong use from a defect. */
export class PnnError extends Error {
  override readonly name: string = 'PnnError';
}

/** The shapes of the operands do not fit the operation. */
export class ShapeError extends PnnError {
  override readonly name = 'ShapeError';
}

/** The element types of the operands do not fit the operation. */
export class DTypeError extends PnnError {
  override readonly name = 'DTypeError';
}

/** A tensor was used, or freed again, after it had been freed. */
export class DisposedError extends PnnError {
  override readonly name = 'DisposedError';
}

/** An argument has a value that the operation cannot work with. */
export class ArgumentError extends PnnError {
  override readonly name = 'ArgumentError';
}

/** A device is not there, or operands lie on different devices. */
export class DeviceError extends PnnError {
  override readonly name = 'DeviceError';
}

/** The linear memory cannot grow any further. */
export class MemoryError extends PnnError {
  override readonly name = 'MemoryError';
}

/** A file, or bytes that should form one, break the rules of their format. */
export class FormatError extends PnnError {
  override readonly name = 'FormatError';
}

/** A derivative was asked for that does not exist or whose graph is gone. */
export class GradientError extends PnnError {
  override readonly name = 'GradientError';
}
