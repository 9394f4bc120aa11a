/** What Linux is asked for. */
export interface System {
  /** The numbers of the processors that this process may run on: not those that a cpuset or `mpirun --bind-to` keeps from it. */
  processors(): readonly number[];
  /** Lets another program have the processor, if one waits for it. */
  yieldProcessor(): void;
  /**
   * Asks for pages of 2 MiB under these addresses, where none have been used yet. Where the system has none, nothing changes
   * but the time that copies between processes take.
   */
  preferLargePages(address: number, bytes: number): void;
  /**
   * Copies from the memory of another process of this machine.
   *
   * @param process its number
   * @param theirs an address there
   * @param ours an address here
   * @throws MpiError if there is no such process, or the system does not let this one
   */
  copyFrom(process: number, theirs: number, ours: number, bytes: number): void;
  /** Copies to the memory of another process, otherwise as `copyFrom`. */
  copyTo(process: number, theirs: number, ours: number, bytes: number): void;
}
