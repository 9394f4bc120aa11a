import { dataOptions, dataSpecFrom } from '../cli/option-groups/data.js';
import { deviceOptions, deviceSpecFrom } from '../cli/option-groups/device.js';
import { methodOptions, methodSpecFrom } from '../cli/option-groups/method.js';
import { modelOptions, modelSpecFrom } from '../cli/option-groups/model.js';
import { trainingOptions, trainingSpecFrom } from '../cli/option-groups/training.js';
import type { OptionGroup, OptionSpecs, Options } from '../cli/options.js';
import { specsOf } from '../cli/options.js';
import { twinOf } from '../experiment/specs.js';
import { type Factors, makeTrial, type StartSpec, type Trial } from '../trials/trial.js';
import { nameOf } from './outcomes.js';

/** The options of one training. */
export function experimentOptions(): readonly OptionGroup[] {
  return [
    { heading: 'Data', options: dataOptions() },
    { heading: 'Model', options: modelOptions() },
    { heading: 'Method', options: methodOptions() },
    { heading: 'Training', options: trainingOptions() },
    { heading: 'Device', options: deviceOptions() },
  ];
}

/** Values for options of `pnn train`, by name; true for a switch, undefined for an option that is not to be given. */
export type Settings = Readonly<Record<string, string | true | undefined>>;

/**
 * Makes the trials of a study: each is a call of `pnn train` with the options of the study, some of them replaced. So what a
 * study varies is checked as the options are, and anyone can repeat a trial by hand.
 */
export class TrialBuilder {
  readonly #options: Options;
  readonly #specs: OptionSpecs;
  /** The seeds that every training is repeated with. */
  readonly seeds: readonly number[];

  constructor(options: Options, seeds: readonly number[]) {
    this.#options = options;
    this.#specs = specsOf(experimentOptions());
    this.seeds = seeds;
  }

  #make(
    role: Trial['role'],
    factors: Factors,
    settings: Settings,
    startOf: (seed: number) => StartSpec | null,
    adjust: (spec: Trial['spec']) => Trial['spec'],
  ): Trial[] {
    const device = deviceSpecFrom(this.#options.with(settings, this.#specs)).name;
    return this.seeds.map((seed) => {
      const options = this.#options.with({ ...settings, seed: `${seed}` }, this.#specs);
      const data = dataSpecFrom(options);
      const { dataset } = data;
      const spec = adjust({
        data,
        experiment: {
          model: modelSpecFrom(options, dataset),
          method: methodSpecFrom(options, dataset),
          training: trainingSpecFrom(options, dataset),
        },
        start: startOf(seed),
        device,
      });
      return makeTrial(`${nameOf(role, factors)}, seed ${seed}`, role, factors, spec);
    });
  }

  /**
   * A training with polynomials, once for each seed.
   *
   * @param factors what it stands for in the study
   * @param settings the options that are replaced
   * @param startOf what each begins with besides random weights
   * @throws UsageError if options do not go together
   */
  polynomial(factors: Factors, settings: Settings, startOf: (seed: number) => StartSpec | null = () => null): Trial[] {
    return this.#make('polynomial', factors, settings, startOf, (spec) => spec);
  }

  /** The network with the target itself, once for each seed; none if the options say that it is not wanted. */
  twins(settings: Settings = {}): Trial[] {
    if (this.#options.has('no-twin')) return [];
    return this.#make(
      'twin',
      {},
      settings,
      () => null,
      (spec) => ({ ...spec, experiment: twinOf(spec.experiment) }),
    );
  }

  /** A training whose network others begin with, once for each seed. */
  start(factors: Factors, settings: Settings): Trial[] {
    return this.#make(
      'start',
      factors,
      settings,
      () => null,
      (spec) => spec,
    );
  }
}
