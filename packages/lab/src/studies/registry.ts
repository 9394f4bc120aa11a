import { ablate } from './ablate.js';
import { degrees } from './degrees.js';
import { penaltyStudy } from './penalties.js';
import type { Study } from './study.js';
import { sweep } from './sweep.js';
import { transfer } from './transfer.js';

/** All studies, in the order of the help. */
export const studies: readonly Study[] = [degrees, ablate, sweep, penaltyStudy, transfer];
