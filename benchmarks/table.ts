import type { Measurement } from './measurement.js';
import type { PeerResult, Result } from './results.js';

const NAME_WIDTH = 15;
const MEDIAN_WIDTH = 12;
const SPREAD_WIDTH = 11;
const REPETITIONS_WIDTH = 11;

const rounded = (value: number): string => `${Number(value.toPrecision(3))}`;

/** A duration in the unit that suits it. */
function duration(seconds: number): string {
  if (seconds >= 1) return `${rounded(seconds)} s`;
  return seconds >= 1e-3 ? `${rounded(1e3 * seconds)} ms` : `${rounded(1e6 * seconds)} µs`;
}

function measured(name: string, { median, lower, upper, repetitions }: Measurement): string {
  return [
    `  ${name}`.padEnd(NAME_WIDTH),
    duration(median).padStart(MEDIAN_WIDTH),
    `IQR ${((100 * (upper - lower)) / median).toFixed(0)} %`.padStart(SPREAD_WIDTH),
    `${repetitions} runs`.padStart(REPETITIONS_WIDTH),
    '   ',
  ].join('');
}

function peerRow(peer: PeerResult): string {
  if ('absent' in peer) return `${`  ${peer.name}`.padEnd(NAME_WIDTH)}${'–'.padStart(MEDIAN_WIDTH)}   ${peer.absent}`;
  const { ratio } = peer;
  const relation = ratio >= 1 ? `×${rounded(ratio)} slower` : `×${rounded(1 / ratio)} faster`;
  return measured(peer.name, peer.seconds) + relation;
}

/** One workload: our line with the floor, then one for each peer. */
export function table({ name, threads, operations, seconds, floor, share, peers }: Result): string {
  const rate = rounded(operations / seconds.median / 1e9);
  const ours = `${(100 * share).toFixed(0)} % of the roofline (${floor.limit}, ${duration(floor.seconds)}), ${rate} GFLOP/s`;
  const head = `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return [head, measured('ours', seconds) + ours, ...peers.map(peerRow)].join('\n');
}
