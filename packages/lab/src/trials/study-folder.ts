import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers } from '@pnn/nn/node';
import { makeFolder } from '../cli/folder.js';
import { readJournal } from '../journal/journal.js';
import { statesOf, type TrialEvent, type TrialStates, trialEvent } from './events.js';

/** Milliseconds after which a temporary file is none that a process is still writing: a network takes seconds. */
const LEFTOVER_AGE = 600_000;

/** Where the files of a study are; several processes may work in one such folder. */
export class StudyFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** What is to be done. */
  get plan(): string {
    return join(this.path, 'study.json');
  }

  /** What was done. */
  get journal(): string {
    return join(this.path, 'journal');
  }

  /** Who works on what. */
  get claims(): string {
    return join(this.path, 'claims');
  }

  /** The folder of the checkpoints. */
  get checkpoints(): string {
    return join(this.path, 'checkpoints');
  }

  /** The file that an interrupted trial goes on from. */
  checkpoint(trial: string): string {
    return join(this.checkpoints, `${trial}.safetensors`);
  }

  /** The folder of the networks that are kept. */
  get networks(): string {
    return join(this.path, 'networks');
  }

  /** The network of a trial. */
  network(trial: string): string {
    return join(this.networks, `${trial}.safetensors`);
  }

  /**
   * Makes the folders, and removes what killed processes have left half-written.
   *
   * @throws FileError if a folder cannot be made, read or written
   */
  async make(): Promise<void> {
    for (const folder of [this.path, this.journal, this.claims, this.checkpoints, this.networks]) {
      await makeFolder(folder);
      await removeLeftovers(folder, LEFTOVER_AGE);
    }
  }

  /** Removes the checkpoint of a trial that is finished. */
  async removeCheckpoint(trial: string): Promise<void> {
    await rm(this.checkpoint(trial), { force: true });
  }

  /**
   * What the journal tells.
   *
   * @throws FileError if it cannot be read
   * @throws FormatError if it is damaged
   */
  events(): Promise<TrialEvent[]> {
    return readJournal(this.journal, trialEvent);
  }

  /** What is known of the trials now; throws as {@link events} does. */
  async states(): Promise<TrialStates> {
    return statesOf(await this.events());
  }
}
