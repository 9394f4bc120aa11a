import type { Terminal } from '../cli/terminal.js';
import { formatCount, formatLoss, formatPercent, formatSeconds } from '../report/format.js';
import { ProgressBar } from '../report/progress.js';
import { isStable } from '../studies/outcomes.js';
import type { TrialResult } from '../trials/result.js';
import type { RunnerListener } from '../trials/runner.js';
import type { Trial } from '../trials/trial.js';

/** Shows how far a study is: a line for each trial that ends, and on a terminal a bar with the time left. */
export class StudyProgress implements RunnerListener {
  readonly #terminal: Terminal;
  readonly #bar: ProgressBar;
  readonly #trials: number;
  #finished: number;
  #hasWaited = false;
  /** Where each running trial stands. */
  readonly #running = new Map<string, { step: number; readonly steps: number }>();
  /** Steps made since the start, of trials that have ended. */
  #stepsBefore = 0;
  /** Of all trials that have begun, also those that ended. */
  readonly #stepsOf = new Map<string, number>();
  readonly #firstStep = new Map<string, number>();

  /**
   * @param trials how many there are in all
   * @param finished how many of them are finished already
   */
  constructor(terminal: Terminal, trials: number, finished: number) {
    this.#terminal = terminal;
    this.#trials = trials;
    this.#finished = finished;
    this.#bar = new ProgressBar(terminal, { total: 1 });
  }

  begun({ id, name }: Trial, step: number, steps: number): void {
    this.#running.set(id, { step, steps });
    this.#stepsOf.set(id, steps);
    this.#firstStep.set(id, step);
    if (step > 0) this.#line(`${name}: goes on after step ${formatCount(step)} of ${formatCount(steps)}`);
    this.#draw();
  }

  step({ id }: Trial, step: number): void {
    const running = this.#running.get(id);
    if (running) running.step = step;
    this.#draw();
  }

  finished({ id, name }: Trial, result: TrialResult): void {
    this.#finished++;
    this.#end(id, result.steps);
    const { accuracy, testLoss, stopped, seconds } = result;
    const score = accuracy === null ? `test loss ${formatLoss(testLoss)}` : formatPercent(accuracy);
    const stop = stopped ? `, stopped at step ${formatCount(stopped.step)}: ${stopped.reason}` : '';
    const note = stop || isStable(result) ? stop : ', not stable';
    this.#line(`[${this.#finished}/${this.#trials}] ${name}: ${score}${note}  ${formatSeconds(seconds)}`);
  }

  failed({ id, name }: Trial, reason: string, isLast: boolean): void {
    this.#end(id, this.#running.get(id)?.step ?? 0);
    this.#line(`! ${name} failed${isLast ? ' again, and is given up' : ', and is tried again'}: ${reason}`);
  }

  note({ name }: Trial, text: string): void {
    this.#line(`${name}: ${text}`);
  }

  waiting(trials: readonly Trial[]): void {
    if (!this.#hasWaited) this.#line(`Waiting for ${trials.length} trials that other processes train.`);
    this.#hasWaited = true;
  }

  /** Removes the bar. */
  clear(): void {
    this.#bar.clear();
  }

  #end(id: string, step: number): void {
    this.#stepsBefore += Math.max(0, step - (this.#firstStep.get(id) ?? step));
    this.#running.delete(id);
  }

  #line(text: string): void {
    this.#bar.clear();
    this.#terminal.write(`${text}\n`);
    this.#draw();
  }

  /** Trials that have not begun count as many steps as the mean of those that have. */
  #draw(): void {
    const known = [...this.#stepsOf.values()];
    const open = this.#trials - this.#finished - this.#running.size;
    const mean = known.reduce((sum, steps) => sum + steps, 0) / Math.max(1, known.length);
    let done = this.#stepsBefore;
    let left = open * mean;
    for (const [id, { step, steps }] of this.#running) {
      done += step - this.#firstStep.get(id)!;
      left += steps - step;
    }
    this.#bar.set(Math.max(1, Math.round(done + left)), `trial ${this.#finished + 1}/${this.#trials}`);
    this.#bar.update(done);
  }
}
