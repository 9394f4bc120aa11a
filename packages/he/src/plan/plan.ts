import type { Shape } from '@pnn/nn';
import type { ParametersWithPrimes } from '../ckks/parameters.js';
import type { Affine, Source } from '../compile/affine.js';
import type { Activation, At } from './activation.js';
import type { Certificate } from './certificate.js';
import type { Cost } from './cost.js';
import { formatPlan } from './format.js';
import type { Gather, Matvec } from './matvec.js';

/** An affine map with where its result is. */
export interface PlannedMap {
  readonly affine: Affine;
  readonly matvec: Matvec;
  readonly at: At;
  /** Whether folds come before the rescale, where their errors are smaller and they take longer. */
  readonly foldsFirst: boolean;
}

/** A polynomial layer: an affine map and what is computed of each element. */
export interface PlannedLayer {
  readonly name: string;
  readonly degree: number;
  readonly bound: number;
  readonly map: PlannedMap;
  readonly activation: Activation;
  /** What stands for the result in later layers. */
  readonly source: Source;
  /** Level and scale at which the result is sent to the client, which encrypts it again as it does inputs. */
  readonly refresh?: At | undefined;
}

/** Results inside of the network that a client is to decrypt and to encrypt again. */
export interface ClientRefresh extends At {
  readonly ciphertexts: number;
  /** The largest |number| of the calibration in them. */
  readonly largest: number;
}

/** The level and the scale of the result, and the first slot of each logit, which is repeated after each period. */
export interface Results extends At {
  readonly places: readonly number[];
  readonly period: number;
  readonly ciphertexts: number;
}

/** Where the results of the last map are. */
export function resultsOf({ at, matvec: { layout } }: PlannedMap): Results {
  const { places, period, ciphertexts } = layout;
  return { ...at, places: Array.from(places), period, ciphertexts };
}

/** Everything about a plan that a client must know; no weights are in it. */
export interface ClientPlan {
  readonly version: 1;
  readonly layout: 'single';
  /** SHA-256 of everything that the server computes with: keys are for one plan. */
  readonly hash: string;
  readonly degree: number;
  readonly bits: readonly number[];
  readonly inputShape: Shape;
  /** The numbers that inputs were calibrated with. */
  readonly box: readonly [low: number, high: number];
  /** For each ciphertext that is sent, which element of the input is in each slot. */
  readonly gathers: readonly (readonly number[])[];
  readonly input: At;
  /** Slots by which the server rotates. */
  readonly rotations: readonly number[];
  readonly output: Results;
  /** In the order in which they come. */
  readonly refreshes: readonly ClientRefresh[];
  /** The largest |logit| of the calibration. */
  readonly largestLogit: number;
  /** What errors of logits are expected to stay below. */
  readonly errorBound: number;
}

/** What a server computes with. It is plain data, which can be sent to a thread. */
export type RunnablePlan = Pick<
  Plan,
  'parameters' | 'source' | 'gathers' | 'input' | 'layers' | 'output' | 'rotations'
>;

/** How a network is computed on ciphertexts. Printed, it is a table of layers, levels, keys, times and ranges. */
export class Plan {
  readonly parameters: ParametersWithPrimes;
  readonly inputShape: Shape;
  /** The input of the network. */
  readonly source: Source;
  readonly gathers: readonly Gather[];
  readonly input: At;
  readonly layers: readonly PlannedLayer[];
  readonly output: PlannedMap;
  readonly rotations: readonly number[];
  readonly certificate: Certificate;
  readonly errorBound: number;
  readonly cost: Cost;
  readonly hash: string;

  constructor(parts: Omit<Plan, 'client' | 'runnable' | 'toString' | 'warning'>) {
    this.parameters = parts.parameters;
    this.inputShape = parts.inputShape;
    this.source = parts.source;
    this.gathers = parts.gathers;
    this.input = parts.input;
    this.layers = parts.layers;
    this.output = parts.output;
    this.rotations = parts.rotations;
    this.certificate = parts.certificate;
    this.errorBound = parts.errorBound;
    this.cost = parts.cost;
    this.hash = parts.hash;
  }

  /** The part of the plan that clients get. */
  client(): ClientPlan {
    return {
      version: 1,
      layout: 'single',
      hash: this.hash,
      degree: this.parameters.degree,
      bits: this.parameters.bits,
      inputShape: this.inputShape,
      box: this.certificate.box,
      gathers: this.gathers.map((gather) => Array.from(gather)),
      input: this.input,
      rotations: this.rotations,
      output: resultsOf(this.output),
      refreshes: this.layers.flatMap(({ refresh, map }, i) => {
        const { ciphertexts } = map.matvec.layout;
        return refresh ? [{ ...refresh, ciphertexts, largest: this.certificate.layers[i]!.largestResult }] : [];
      }),
      largestLogit: this.certificate.largestLogit,
      errorBound: this.errorBound,
    };
  }

  /** The part of the plan that computes. */
  runnable(): RunnablePlan {
    const { parameters, source, gathers, input, layers, output, rotations } = this;
    return { parameters, source, gathers, input, layers, output, rotations };
  }

  /** What whoever serves the plan must know before; undefined where the client sees nothing but logits. */
  get warning(): string | undefined {
    const { seenByClient } = this.certificate;
    if (seenByClient.length === 0) return undefined;
    return (
      `WARNING: clients see the results of ${seenByClient.length} layers in the clear, for each of their inputs, and can compute the ` +
      'weights from them. Serve this plan only to clients that may know the network.'
    );
  }

  toString(): string {
    return formatPlan(this);
  }
}
