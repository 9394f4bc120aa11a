// What threads tell each other, as 32-bit words of shared memory. Words that different threads write lie on cache lines of
// their own.
//
// A job is open while its blocks are handed out. A worker counts itself as active before it looks whether a job is open, so
// that one which comes late finds it closed: the caller closes a job, waits until nobody is active, and only then writes the
// next one. Nobody waits for workers that are asleep.

const LINE = 16;

/** Counts the jobs; idle workers wait for it to change. */
export const GENERATION: number = 0;
/** The number of workers that have to be woken. */
export const SLEEPERS: number = LINE;
/** Whether the job may be joined. */
export const OPEN: number = 2 * LINE;
/** The number of workers that look at the job. */
export const ACTIVE: number = 3 * LINE;
/** The block that is handed out next. */
export const NEXT: number = 4 * LINE;
/** The job: the index of the kernel, its fields, the number of blocks, and how many workers may take part. */
export const KERNEL: number = 5 * LINE;
export const TASK: number = KERNEL + 1;
export const BLOCKS: number = KERNEL + 2;
export const WORKERS: number = KERNEL + 3;
/** For each worker: blocks that it has computed, its scratch, and the length of a message where it has failed. */
export const SLOTS: number = 6 * LINE;
export const COMPUTED: number = 0;
export const SCRATCH: number = 1;
export const FAILURE: number = 2;
/** The message, one unit of UTF-16 to a word. */
export const MESSAGE: number = 3;
export const SLOT_WORDS: number = 8 * LINE;
export const MESSAGE_LIMIT: number = SLOT_WORDS - MESSAGE;

/** Words for so many workers. */
export function controlWords(workers: number): number {
  return SLOTS + workers * SLOT_WORDS;
}
