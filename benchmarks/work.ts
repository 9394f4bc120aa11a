/**
 * What is to be computed, as plain data, so that every participant is told the same. Tensors are float32, images
 * [N,C,H,W]. Inputs are `uniform` numbers (inputs.ts) with the seeds 1, 2, … in the order in which they are named here.
 */
export type TensorWork =
  | PolynomialWork
  | MatmulWork
  | ConvolutionWork
  | BatchNormWork
  | ActivationWork
  | AdamWork
  | StepWork;

/** Anything that is measured. */
export type Work = TensorWork | EncryptedWork | EncryptedNetworkWork;

/** Whether only values are asked for, or also gradients of all inputs named. */
export type Direction = 'forward' | 'forward and backward';

/** How a polynomial is evaluated in t = x/bound. */
export type PolynomialForm =
  /** E(s) + t·O(s) with s = 2t² − 1, both by Horner's method: coefficients of E before those of O. */
  | 'even-odd'
  /** Σ c_k t^k by Horner's method. */
  | 'horner'
  /** Σ c_k t^k, every power by itself, as the code published with arXiv 2505.11589 does it. */
  | 'sum of powers';

/**
 * A polynomial of every element of x in [−bound/2, bound/2), where a BatchNorm before it puts most of its inputs. Backward:
 * from a gradient in [0, 1) the gradients of x and of the coefficients.
 */
export interface PolynomialWork {
  readonly kind: 'polynomial';
  readonly form: PolynomialForm;
  readonly count: number;
  readonly bound: number;
  readonly coefficients: readonly number[];
  /** Coefficients of E; all of them in the other forms. */
  readonly evenTerms: number;
  readonly direction: Direction;
}

/** The product of two square matrices in [−1, 1). */
export interface MatmulWork {
  readonly kind: 'matmul';
  readonly size: number;
}

/**
 * A convolution of x with square kernels, padded by half a kernel, no bias; x, weight and gradient in [−1, 1). Backward: the
 * gradients of x and of the weight.
 */
export interface ConvolutionWork {
  readonly kind: 'convolution';
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Rows and columns of the input. */
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly direction: Direction;
}

/** BatchNorm by the batch's statistics, ε = 1e-5; x, γ, β and gradient in [−1, 1). Backward: gradients of x, γ and β. */
export interface BatchNormWork {
  readonly kind: 'batch norm';
  readonly shape: readonly [number, number, number, number];
  readonly direction: Direction;
}

/**
 * A polynomial activation in the even-odd form with its tangent beyond ±bound and the mean over x of the penalty
 * exp(e) − 1, e = max(|x| − limit, 0), which goes on linearly from e = cap. x in [−reach, reach); gradient in [0, 1).
 * Backward: the gradient of x from those of the values and of the penalty (which is 1); the coefficients are fixed.
 */
export interface ActivationWork {
  readonly kind: 'activation';
  readonly count: number;
  readonly bound: number;
  readonly limit: number;
  readonly cap: number;
  readonly reach: number;
  readonly coefficients: readonly number[];
  readonly evenTerms: number;
  readonly direction: Direction;
}

/** Steps of AdamW with its usual settings on one tensor; parameter and gradient in [−1, 1). */
export interface AdamWork {
  readonly kind: 'adamw';
  readonly count: number;
}

/** A layer of a network in plain data. */
export type Layer =
  /** Without bias, padded by half a kernel. */
  | {
      readonly layer: 'convolution';
      readonly inputs: number;
      readonly outputs: number;
      readonly kernel: number;
      readonly stride: number;
    }
  | { readonly layer: 'linear'; readonly inputs: number; readonly outputs: number }
  /** γ = 1 and β = 0 at first; follows running statistics with momentum 0.1. */
  | { readonly layer: 'batch norm'; readonly channels: number; readonly images: boolean }
  | { readonly layer: 'polynomial' }
  /** Means of squares of 2×2 elements. */
  | { readonly layer: 'average pool' }
  /** The mean of each channel: [N,C,H,W] → [N,C]. */
  | { readonly layer: 'global average pool' }
  | { readonly layer: 'flatten' }
  /** body(x) + shortcut(x); x itself where the shortcut is empty. */
  | { readonly layer: 'residual'; readonly body: readonly Layer[]; readonly shortcut: readonly Layer[] };

/**
 * Steps of training: forward, cross-entropy, backward, AdamW with its usual settings on all parameters. Images in [−1, 1)
 * with seed 1; label i is i modulo classes. The weights of convolutions and linear layers, in the order in which they are
 * written down (body before shortcut), are in [−1, 1)·√(3/fan-in) with the seeds 2, 3, …; biases start at 0.
 */
export interface StepWork {
  readonly kind: 'training step';
  readonly batch: number;
  /** Of one input, without the batch. */
  readonly input: readonly number[];
  readonly classes: number;
  readonly layers: readonly Layer[];
  /** The activation's fixed coefficients, in the even-odd form and as Σ c_k (x/bound)^k; everyone takes what suits. */
  readonly bound: number;
  readonly evenTerms: number;
  readonly evenOdd: readonly number[];
  readonly powers: readonly number[];
}

/**
 * An operation on a ciphertext of CKKS whose numbers are `uniform` with seed 1, and for products with weights those of seed 2: rotations by 1,
 * 2, …, each by itself or all of one ciphertext together; a product with weights; a square, relinearized and rescaled; sums of many
 * ciphertexts times single numbers, as batches take them.
 */
export interface EncryptedWork {
  readonly kind: 'encrypted';
  readonly operation: 'rotate' | 'rotate many' | 'multiply plain' | 'square' | 'weighted sums';
  /** N. */
  readonly degree: number;
  /** Of the primes, the special one last. */
  readonly bits: readonly number[];
  readonly rotations: number;
}

/** How many sums there are of how many ciphertexts: a part of a dense layer of a batch. */
export const WEIGHTED_SUMS = { rows: 16, columns: 64 } as const;

/**
 * A network of 10 classes on encrypted images of `uniform` pixels in [0, 1): of one channel for a hidden layer of 64 or a convolution
 * 5 × 5 of stride 2 with 16 filters, either with BatchNorm and a polynomial for ReLU behind it; of three for ResNet-8, refreshed by the
 * client, whose part is done before. Planned as `compile` does where nothing else is said, for the weights that layers have at first; keys and
 * weights are there before.
 */
export interface EncryptedNetworkWork {
  readonly kind: 'encrypted network';
  readonly network: 'mlp' | 'convolution' | 'resnet8';
  /** Of the polynomial. */
  readonly degree: number;
  /** Rows and columns of an image. */
  readonly size: number;
  /** One image, or one in each slot of the ciphertexts. */
  readonly images: 'one' | 'batch';
}

/** The work of one kind. */
export type WorkOf<Kind extends Work['kind']> = Extract<Work, { kind: Kind }>;
