import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { obstacleOn, platformHere } from '../../../tensor/src/node/wide-simd.js';
import { fewerJoined, joinedPairs } from '../../../tensor/test/wasm/joined-pairs.js';

/** How many pairs of operations V8 joins to one of 256 bits in each function: at least so many as when it was measured. */
const joined: Readonly<Record<string, number>> = {
  'double/transform/forwardFirst': 28,
  'double/transform/forwardTwo': 88,
  'double/transform/forwardTwoReduced': 101,
  'double/transform/inverse': 201,
  'double/transform/inverseTwo': 88,
  'double/transform/inverseTwoReduced': 101,
  'double/transform/inverseLastTwo': 146,
  'double/transform/inverseLastTwoCentered': 139,
  'double/inner-product/setPair': 83,
  'double/inner-product/addPair': 91,
  'key-switching/divideDouble': 74,
  'lift/liftAndTransform': 157,
};

const obstacle = obstacleOn({ ...platformHere(), width: undefined });

test.skipIf(obstacle !== undefined)(
  `V8 joins vectors to ones of 256 bits${obstacle ? `: ${obstacle}` : ''}`,
  async () => {
    const pairs = await joinedPairs(fileURLToPath(new URL('../../kernels', import.meta.url)));
    expect(pairs.size, 'functions in the trace of V8: does it say other words?').toBeGreaterThan(20);
    expect(fewerJoined(pairs, joined)).toEqual([]);
  },
);
