import { compare, MeasurementError, quick, thorough } from './comparison.js';
import type { Program } from './participant.js';
import type { GpuStatus, Result } from './results.js';
import { Team } from './team.js';
import type { Workload } from './workload.js';

/** How everyone is started who takes part at one number of threads. */
export interface Lineup {
  readonly threads: number;
  readonly ours: Program;
  readonly peers: readonly Program[];
  /** This library on its device `gpu`, one program for each mode. */
  readonly gpu: readonly Program[];
}

/** Puts rows in the order of the programs that they are about. */
function inOrder<Row extends { readonly name: string }>(rows: readonly Row[], programs: readonly Program[]): Row[] {
  const place = ({ name }: Row) => programs.findIndex((program) => program.name === name);
  return rows.toSorted((a, b) => place(a) - place(b));
}

/** Everyone who takes part at one number of threads. */
export class Field {
  private constructor(
    private readonly lineup: Lineup,
    private readonly ours: Team,
    private readonly peers: Team,
    private readonly gpu: Team,
  ) {}

  /**
   * Starts everyone; where that fails, nobody is left running.
   *
   * @throws MeasurementError where this library does not start
   */
  static async gather(lineup: Lineup): Promise<Field> {
    const teams: Team[] = [];
    const start = async (programs: readonly Program[]) => {
      const team = await Team.start(programs);
      teams.push(team);
      return team;
    };
    try {
      const ours = await start([lineup.ours]);
      for (const { absent } of ours.missing) throw new MeasurementError(`this library does not start: ${absent}`);
      return new Field(lineup, ours, await start(lineup.peers), await start(lineup.gpu));
    } catch (error) {
      for (const team of teams) await team.leave();
      throw error;
    }
  }

  /** The versions of this library and of its peers, by their names. */
  get versions(): Readonly<Record<string, string>> {
    const members = [...this.ours.members, ...this.peers.members];
    return Object.fromEntries(members.map(({ participant, version }) => [participant.name, version]));
  }

  /** The modes of the device `gpu`, and what the machine lacks for the others. */
  get gpuModes(): readonly GpuStatus[] {
    const found = this.gpu.members.map(({ participant, adapter }) => ({ name: participant.name, adapter: adapter! }));
    return inOrder<GpuStatus>([...found, ...this.gpu.missing], this.lineup.gpu);
  }

  /** Has all of them do one workload. One that had to be ended is started again for the next one. */
  async measure(workload: Workload, isQuick: boolean): Promise<Result> {
    const { threads, peers, gpu } = this.lineup;
    const participants = {
      ours: this.ours.members[0]!.participant,
      peers: this.peers.members.map(({ participant }) => participant),
      gpu: this.gpu.members.map(({ participant, adapter }) => ({ participant, adapter: adapter! })),
    };
    const absent = [...this.peers.missing, ...this.peers.lost];
    const lost = [...this.gpu.lost];
    const result = await compare(workload, threads, participants, isQuick ? quick : thorough);
    // Drivers take the GPU away from a page that used it for too long: who failed starts anew.
    const failed = result.gpu.filter((row) => 'absent' in row).map(({ name }) => name);
    for (const { participant } of participants.gpu) if (failed.includes(participant.name)) await participant.stop();
    await this.peers.startAgain();
    await this.gpu.startAgain();
    return {
      ...result,
      peers: inOrder([...result.peers, ...absent], peers),
      gpu: inOrder([...result.gpu, ...lost], gpu),
    };
  }

  async leave(): Promise<void> {
    for (const team of [this.ours, this.peers, this.gpu]) await team.leave();
  }
}
