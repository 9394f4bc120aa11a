import { Participant, type Program } from './participant.js';
import type { Adapter } from './protocol.js';

/** Libraries take their time to load. */
const START_SECONDS = 60;

/** Someone who takes part, and what they said when they started. */
export interface Member {
  readonly participant: Participant;
  readonly version: string;
  /** Of a GPU device. */
  readonly adapter?: Adapter;
}

/** Someone who does not take part, and why. */
export interface Absence {
  readonly name: string;
  readonly absent: string;
}

/** Participants that are started together. One that had to be ended is started again. */
export class Team {
  readonly #members: Member[] = [];
  readonly #missing: Absence[] = [];
  readonly #lost: Absence[] = [];

  private constructor(private readonly programs: readonly Program[]) {}

  /** Starts everyone, one after the other; where that fails, nobody is left running. */
  static async start(programs: readonly Program[]): Promise<Team> {
    const team = new Team(programs);
    try {
      for (const program of programs) await team.#add(program, team.#missing);
    } catch (error) {
      await team.leave();
      throw error;
    }
    return team;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** Who could not be started at first. */
  get missing(): readonly Absence[] {
    return this.#missing;
  }

  /** Who had to be ended and could not be started again. */
  get lost(): readonly Absence[] {
    return this.#lost;
  }

  async startAgain(): Promise<void> {
    const ended = this.#members.filter(({ participant }) => !participant.running);
    for (const member of ended) {
      this.#members.splice(this.#members.indexOf(member), 1);
      const program = this.programs.find(({ name }) => name === member.participant.name)!;
      await this.#add(program, this.#lost);
    }
  }

  async leave(): Promise<void> {
    for (const { participant } of this.#members) await participant.stop();
  }

  async #add(program: Program, absences: Absence[]): Promise<void> {
    const { participant, greeting } = await Participant.start(program, START_SECONDS);
    if ('absent' in greeting) absences.push({ name: program.name, absent: greeting.absent });
    else this.#members.push({ participant, ...greeting });
  }
}
