import type { Measurement } from './measurement.js';
import type { Adapter } from './protocol.js';
import type { GpuResult, GpuStatus, PeerResult, Result } from './results.js';

const NAME_WIDTH = 17;
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

function absentRow(name: string, absent: string): string {
  return `${`  ${name}`.padEnd(NAME_WIDTH)}${'–'.padStart(MEDIAN_WIDTH)}   ${absent}`;
}

function relation(ratio: number): string {
  return ratio >= 1 ? `×${rounded(ratio)} slower` : `×${rounded(1 / ratio)} faster`;
}

function peerRow(peer: PeerResult): string {
  if ('absent' in peer) return absentRow(peer.name, peer.absent);
  return measured(peer.name, peer.seconds) + relation(peer.ratio);
}

function gpuRow(gpu: GpuResult): string {
  if ('absent' in gpu) return absentRow(gpu.name, gpu.absent);
  const { name, kernel, ratio, adapter } = gpu;
  const beside = (['upload', 'readback', 'wait'] as const).map((part) => `${part} ${duration(gpu[part].median)}`);
  return (
    measured(name, kernel) +
    [relation(ratio), ...beside, ...(adapter.kind === 'hardware' ? [] : [adapter.kind])].join(', ')
  );
}

/** By what each mode of the device `gpu` computes here, or what it lacks. */
export function gpuLines(modes: readonly GpuStatus[]): string {
  const describe = ({ name, kind }: Adapter) => `${name} (${kind === 'unknown' ? 'hardware or software' : kind})`;
  return modes
    .map((mode) => `${mode.name}: ${'absent' in mode ? `missing: ${mode.absent}` : describe(mode.adapter)}`)
    .join('\n');
}

/** One workload: our line with the floor, then one for each peer and for each mode of the device `gpu`. */
export function table({ name, threads, operations, seconds, floor, share, peers, gpu }: Result): string {
  const rate = rounded(operations / seconds.median / 1e9);
  const ours = `${(100 * share).toFixed(0)} % of the roofline (${floor.limit}, ${duration(floor.seconds)}), ${rate} GFLOP/s`;
  const head = `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return [head, measured('ours', seconds) + ours, ...peers.map(peerRow), ...gpu.map(gpuRow)].join('\n');
}
