import { expect, test } from 'vitest';
import { obstacleOn, platformHere } from '../../src/node/wide-simd.js';
import { fewerJoined, joinedPairs } from './joined-pairs.js';

/**
 * How many pairs of operations V8 joins to one of 256 bits in each function: at least so many as when it was measured. Where a
 * number falls, something came between two vectors that lie side by side: see CONTRIBUTING.md.
 */
const joined: Readonly<Record<string, number>> = {
  'gemm/multiplyTile': 50,
  'gemm/multiplyTwoTiles': 92,
  'gemm/multiplyTiles': 142,
  'gemm/multiplyPanels': 192,
  'convolution/products/multiplyScattered': 284,
  'convolution/weight-gradient/conv2dWeightGradient': 54,
  'convolution/weight-gradient/correlateTwoTiles': 106,
  'convolution/weight-gradient/correlateWindow': 119,
  'convolution/winograd/transforms/transformInputRows': 88,
  'convolution/winograd/transforms/transformInputColumns': 60,
  'convolution/winograd/transforms/transformOutputColumns': 50,
  'convolution/winograd/transforms/transformPairedInputRows': 88,
  'convolution/winograd/transforms/transformPairedOutputRows': 79,
  'convolution/winograd/transforms/transformSlopeRows': 62,
  'convolution/winograd/transforms/transformPairedSlopeRows': 62,
  'convolution/winograd/transforms/transformSlopeColumns': 46,
  'convolution/winograd/transforms/transformWeight': 94,
  'normalization/sums/channelSums': 98,
  'normalization/map/channelMap': 61,
  'convolution/winograd/transforms/transformWeightSlopeColumns': 51,
  'convolution/winograd/range/Measures#add': 39,
  'convolution/winograd/region/Region#raise': 13,
  'polynomial/forward/evaluate': 1379,
  'polynomial/backward/differentiate': 1033,
  'polynomial/group/storeSizes': 25,
  'polynomial/penalty/addExponentials': 110,
  'polynomial/penalty/addExponentialSlopesOf': 184,
  'polynomial/penalty/addPowers': 79,
  'polynomial/penalty/addPowerSlopes': 116,
  'polynomial/penalty/addSquareSlopes': 100,
  'polynomial/penalty/addBeyondCap': 118,
  'polynomial/tangent/countAndStraighten': 62,
  'polynomial/powers/lineSlopes': 202,
  'polynomial/powers/oddSlopes': 193,
  'polynomial/powers/oddValues': 161,
  'polynomial/powers/shiftedSlopes': 193,
  'polynomial/powers/monomialSlopes': 160,
  'polynomial/twice/storePart': 116,
  'polynomial/backward/differentiateTwice': 124,
  'elementwise/arithmetic/unary': 55,
};

const obstacle = obstacleOn({ ...platformHere(), width: undefined });

test.skipIf(obstacle !== undefined)(
  `V8 joins vectors to ones of 256 bits${obstacle ? `: ${obstacle}` : ''}`,
  async () => {
    const pairs = await joinedPairs();
    expect(pairs.size, 'functions in the trace of V8: does it say other words?').toBeGreaterThan(50);
    expect(fewerJoined(pairs, joined)).toEqual([]);
  },
);
