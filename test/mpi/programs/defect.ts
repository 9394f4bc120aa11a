/** Loaded before a training by several processes: the last one throws in the middle of it, as a defect of the program would. */
import { AdamW } from '@pnn/nn';
import { findLauncher } from '@pnn/nn/node';

const LAST_GOOD_STEP = 7;

const { rank, size } = findLauncher()!;
if (rank === size - 1) {
  const step = AdamW.prototype.step;
  let steps = 0;
  AdamW.prototype.step = function (...given) {
    if (++steps > LAST_GOOD_STEP) throw new Error('a defect of the program');
    step.apply(this, given);
  };
}
