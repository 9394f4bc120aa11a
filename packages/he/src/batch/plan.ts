import type { Shape } from '@pnn/nn';
import type { ParametersWithPrimes } from '../ckks/parameters.js';
import type { Source } from '../compile/affine.js';
import type { Activation, At } from '../plan/activation.js';
import type { Certificate } from '../plan/certificate.js';
import type { Cost } from '../plan/cost.js';
import type { ClientPlan } from '../plan/plan.js';
import { formatBatchPlan } from './format.js';
import type { BatchMap } from './map.js';

/** A polynomial layer on batches: an affine map and what is computed of each element. */
export interface BatchLayer {
  readonly name: string;
  readonly degree: number;
  readonly bound: number;
  readonly map: BatchMap;
  readonly activation: Activation;
  /** What stands for the result in later layers. */
  readonly source: Source;
}

/** Everything about a plan for batches that a client must know; no weights are in it. */
export interface BatchClientPlan {
  readonly version: 1;
  readonly layout: 'batch';
  /** SHA-256 of everything that the server computes with: keys are for one plan. */
  readonly hash: string;
  readonly degree: number;
  readonly bits: readonly number[];
  readonly inputShape: Shape;
  /** The numbers that inputs were calibrated with. */
  readonly box: readonly [low: number, high: number];
  /** The elements of the input that are sent, each in a ciphertext with one image in each slot. */
  readonly elements: readonly number[];
  readonly input: At;
  readonly output: At;
  /** None. */
  readonly rotations: readonly number[];
  /** None. */
  readonly refreshes: ClientPlan['refreshes'];
  /** The number of logits, each in a ciphertext. */
  readonly logits: number;
  readonly largestLogit: number;
  readonly errorBound: number;
}

/** What a server computes batches with. It is plain data, which can be sent to a thread. */
export type RunnableBatchPlan = Pick<
  BatchPlan,
  'layout' | 'parameters' | 'source' | 'elements' | 'input' | 'layers' | 'output' | 'rotations'
>;

/**
 * How a network is computed on a batch of images at once, in the layout of CryptoNets (Gilad-Bachrach et al., 2016): a ciphertext
 * for each element, with as many images as it has slots. It takes no rotations. Printed, it is a table as that of a `Plan`.
 */
export class BatchPlan {
  readonly layout = 'batch';
  readonly parameters: ParametersWithPrimes;
  readonly inputShape: Shape;
  /** The input of the network. */
  readonly source: Source;
  /** The elements of the input that are sent: those that the first layers take. */
  readonly elements: readonly number[];
  readonly input: At;
  readonly layers: readonly BatchLayer[];
  readonly output: BatchMap;
  /** None: it takes no refreshes. */
  readonly warning: string | undefined = undefined;
  /** None: only relinearization takes a key. */
  readonly rotations: readonly number[] = [];
  readonly certificate: Certificate;
  readonly errorBound: number;
  /** Of a whole batch. */
  readonly cost: Cost;
  /** The most bytes of ciphertexts that a server has at a time. */
  readonly memoryBytes: number;
  readonly hash: string;

  constructor(
    parts: Omit<BatchPlan, 'layout' | 'rotations' | 'warning' | 'images' | 'client' | 'runnable' | 'toString'>,
  ) {
    this.parameters = parts.parameters;
    this.inputShape = parts.inputShape;
    this.source = parts.source;
    this.elements = parts.elements;
    this.input = parts.input;
    this.layers = parts.layers;
    this.output = parts.output;
    this.certificate = parts.certificate;
    this.errorBound = parts.errorBound;
    this.cost = parts.cost;
    this.memoryBytes = parts.memoryBytes;
    this.hash = parts.hash;
  }

  /** The images of a batch. */
  get images(): number {
    return this.parameters.degree / 2;
  }

  /** The part of the plan that clients get. */
  client(): BatchClientPlan {
    return {
      version: 1,
      layout: this.layout,
      hash: this.hash,
      degree: this.parameters.degree,
      bits: this.parameters.bits,
      inputShape: this.inputShape,
      box: this.certificate.box,
      elements: this.elements,
      input: this.input,
      rotations: this.rotations,
      refreshes: [],
      output: this.output.at,
      logits: this.output.constant.length,
      largestLogit: this.certificate.largestLogit,
      errorBound: this.errorBound,
    };
  }

  /** The part of the plan that computes. */
  runnable(): RunnableBatchPlan {
    const { layout, parameters, source, elements, input, layers, output, rotations } = this;
    return { layout, parameters, source, elements, input, layers, output, rotations };
  }

  toString(): string {
    return formatBatchPlan(this);
  }
}
