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
/** The job: the index of its kernel. */
export const KERNEL: number = 5 * LINE;
/** The address of the job's fields. */
export const TASK: number = KERNEL + 1;
/** The number of the job's blocks. */
export const BLOCKS: number = KERNEL + 2;
/** How many workers may take part in the job. */
export const WORKERS: number = KERNEL + 3;
/** Where the slots of the workers begin. */
export const SLOTS: number = 6 * LINE;
/** In a slot: the number of blocks that the worker has computed. */
export const COMPUTED: number = 0;
/** In a slot: the address of the worker's scratch. */
export const SCRATCH: number = 1;
/** In a slot: whether the worker has come to life. */
export const ALIVE: number = 2;
/** In a slot: the length of a message where the worker has failed. */
export const FAILURE: number = 3;
/** In a slot: the message, one unit of UTF-16 to a word. */
export const MESSAGE: number = 4;
/** The words of a slot. */
export const SLOT_WORDS: number = 8 * LINE;
/** The most units of a message. */
export const MESSAGE_LIMIT: number = SLOT_WORDS - MESSAGE;

/** Where the slot of a worker begins. */
export function slotOf(worker: number): number {
  return SLOTS + worker * SLOT_WORDS;
}

/** Words for so many workers. */
export function controlWords(workers: number): number {
  return slotOf(workers);
}
