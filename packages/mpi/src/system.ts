/** What Linux is asked for. */
export interface System {
  /** Lets another program have the processor, if one waits for it. */
  yieldProcessor(): void;
  /**
   * Asks for pages of 2 MiB under these addresses, where none have been used yet. Where the system has none, nothing changes
   * but the time that copies between processes take.
   */
  preferLargePages(address: number, bytes: number): void;
}
