import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Launch, openMpiMessages, openMpiOptions, openMpiProgram } from './mpirun.js';

function ip(...words: string[]): void {
  const { status, stderr, error } = spawnSync('ip', words, { encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`ip ${words.join(' ')}: ${error?.message ?? stderr}`);
}

/** Why there cannot be several hosts on this machine; undefined if there can. */
export function hostsObstacle(): string | undefined {
  if (!openMpiProgram) return 'there is no mpirun of Open MPI';
  try {
    ip('netns', 'add', `pnn-try-${process.pid}`);
    ip('netns', 'delete', `pnn-try-${process.pid}`);
    return undefined;
  } catch (error) {
    return `network namespaces cannot be made: ${(error as Error).message.trim()}`;
  }
}

/** As `mpirun` of Open MPI is to be started across machines; see docs/distributed.md. */
const acrossMachines = [
  ...['--mca', 'btl', 'self,tcp', '--mca', 'oob_tcp_keepalive_time', '5'],
  ...['--mca', 'oob_tcp_keepalive_intvl', '2', '--mca', 'oob_tcp_keepalive_probes', '3'],
  ...openMpiMessages,
];

/**
 * Two hosts on one machine: network namespaces of Linux, with a cable between them and none to anywhere else. They share the
 * file system, the processors, and the way in which mpirun starts processes on another host.
 */
export class TwoHosts {
  readonly #names: readonly [string, string];
  readonly #link: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'pnn-hosts-'));

  /** @param number tells several of them on one machine apart, from 1 to 250 */
  constructor(number: number) {
    this.#names = [`pnn-${process.pid}-${number}-a`, `pnn-${process.pid}-${number}-b`];
    this.#link = `pnn${number}`;
    const [a, b] = this.#names;
    for (const name of this.#names) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
    ip('-n', a, 'link', 'add', this.#link, 'type', 'veth', 'peer', 'name', this.#link, 'netns', b);
    for (const [i, name] of this.#names.entries()) {
      ip('-n', name, 'address', 'add', `10.213.${number}.${i + 1}/24`, 'dev', this.#link);
      ip('-n', name, 'link', 'set', this.#link, 'up');
    }
    writeFileSync(this.#agent, `#!/bin/sh\nshift\nexec ip netns exec ${b} sh -c "$*"\n`, { mode: 0o755 });
    this.addresses = [`10.213.${number}.1`, `10.213.${number}.2`];
  }

  readonly addresses: readonly [string, string];

  /** What mpirun calls where ssh would be called. */
  get #agent(): string {
    return join(this.#folder, 'agent');
  }

  /** Starts half of the processes on each host. */
  launch(processes: number): Launch {
    const hosts = this.addresses.map((address) => `${address}:${Math.max(1, processes / 2)}`).join(',');
    const interfaces = ['--mca', 'btl_tcp_if_include', this.#link, '--mca', 'oob_tcp_if_include', this.#link];
    return {
      name: 'Open MPI between network namespaces',
      program: 'ip',
      options: [
        ...['netns', 'exec', this.#names[0], openMpiProgram!, ...openMpiOptions, ...acrossMachines, ...interfaces],
        ...['--mca', 'plm_rsh_agent', this.#agent, '-H', hosts],
      ],
    };
  }

  /**
   * Lets no more than this through the cable, in both directions.
   *
   * @param rate in megabits per second
   */
  shape(rate: number): void {
    for (const name of this.#names) {
      const tbf = ['root', 'tbf', 'rate', `${rate}mbit`, 'burst', '256kb', 'latency', '50ms'];
      const words = ['netns', 'exec', name, 'tc', 'qdisc', 'replace', 'dev', this.#link, ...tbf];
      ip(...words);
    }
  }

  /** Pulls the cable. */
  unplug(): void {
    ip('-n', this.#names[1], 'link', 'set', this.#link, 'down');
  }

  [Symbol.dispose](): void {
    for (const name of this.#names) ip('netns', 'delete', name);
    rmSync(this.#folder, { recursive: true });
  }
}
