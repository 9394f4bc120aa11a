/** Something to be measured. */
export interface Workload {
  /** Parts from the general to the special, such as `matmul/512`. */
  readonly name: string;
  /** Additions, subtractions, multiplications and divisions of one run; undefined where the time says it all. */
  readonly flops?: number;
  /** Bytes that one run must read and write at least, every tensor once; undefined where that is not what limits it. */
  readonly bytes?: number;
  /** Makes the inputs. */
  readonly prepare: () => Prepared;
}

/** A workload with its inputs. */
export interface Prepared {
  /** Does the work once, inside of a scope. */
  readonly run: () => void;
  /** Frees the inputs. */
  readonly dispose: () => void;
}
