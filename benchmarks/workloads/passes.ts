import type { Pass } from '../floor.js';
import type { ConvolutionWork, Layer, StepWork } from '../work.js';

/** Bytes of so many elements. */
export function float32s(count: number): number {
  return count * Float32Array.BYTES_PER_ELEMENT;
}

/** The sizes of a convolution, and what they amount to. */
export type ConvolutionSizes = Pick<
  ConvolutionWork,
  'batch' | 'inChannels' | 'outChannels' | 'size' | 'kernel' | 'stride'
>;

/** Rows and columns of the output of a convolution that is padded by half a kernel. */
export function outputSize({ size, stride }: Pick<ConvolutionSizes, 'size' | 'stride'>): number {
  return Math.ceil(size / stride);
}

/**
 * A product and a sum for each element of the output and each weight of its filter, padding counted like the rest. The
 * gradients of input and weight take as many each. Winograd's algorithm needs fewer and can fall below this floor.
 */
export function convolutionPass(sizes: ConvolutionSizes): Pass {
  const { batch, inChannels, outChannels, size, kernel } = sizes;
  const outputs = batch * outChannels * outputSize(sizes) ** 2;
  const weights = outChannels * inChannels * kernel ** 2;
  return {
    operations: 2 * outputs * inChannels * kernel ** 2,
    bytes: float32s(batch * inChannels * size ** 2 + weights + outputs),
  };
}

/** A product of [m,k] and [k,n]. */
export function matmulPass(m: number, k: number, n: number): Pass {
  return { operations: 2 * m * k * n, bytes: float32s(m * k + k * n + m * n) };
}

/**
 * Forward, where O is a constant o: with the factors of B in the coefficients, the variable is x² − B²/2 (two operations), E
 * by Horner (two for all its coefficients but the first), and E + x·o/B (two).
 */
export function evenOddForwardPass(count: number, terms: number): Pass {
  return { operations: count * (2 + 2 * (terms - 2) + 2), bytes: float32s(2 * count) };
}

/**
 * Backward, likewise: p′ = (o + t·P)/B with P = 4E′, which has one term less than E (variable, Horner, joining:
 * 2 + 2(terms − 3) + 2), times the gradient (1); where they are learned, the gradients Σ g·s^k and Σ g·t of the coefficients (a
 * product and a sum for each but the first: 2·terms − 1).
 */
export function evenOddBackwardPass(count: number, terms: number, learned: boolean): Pass {
  const coefficients = learned ? 2 * terms - 1 : 0;
  return { operations: count * (2 * terms - 1 + coefficients), bytes: float32s(3 * count) };
}

/** Forward: t = x/B (one operation), two for all coefficients but the first. */
export function hornerForwardPass(count: number, terms: number): Pass {
  return { operations: count * (1 + 2 * (terms - 1)), bytes: float32s(2 * count) };
}

/** Backward: t (1), p′ by Horner (2(terms − 2)), times the gradient (1); Σ g·t^k for each coefficient (2·terms − 1). */
export function hornerBackwardPass(count: number, terms: number): Pass {
  return { operations: count * (1 + 2 * (terms - 2) + 1 + 2 * terms - 1), bytes: float32s(3 * count) };
}

/** Mean and variance (a sum; a difference, a product and a sum), then a product and a sum for each element. */
export function batchNormForwardPasses(count: number): readonly Pass[] {
  return [
    { operations: 4 * count, bytes: float32s(count) },
    { operations: 2 * count, bytes: float32s(2 * count) },
  ];
}

/** Σ g and Σ g·(x − mean), then dx = a·g + b·x + c for each element, with a, b, c of the channel. */
export function batchNormBackwardPasses(count: number): readonly Pass[] {
  return [
    { operations: 4 * count, bytes: float32s(2 * count) },
    { operations: 4 * count, bytes: float32s(3 * count) },
  ];
}

/**
 * The two moments (three and four operations), their corrections (2), the root, ε and the quotient (3), the decay and the
 * step (3); reads the parameter, the gradient and both moments, writes all but the gradient.
 */
export function adamPass(count: number): Pass {
  return { operations: 15 * count, bytes: float32s(7 * count), footprint: float32s(4 * count) };
}

/** The shape of one image, or the one number of features, on its way through a network. */
type Features = readonly number[];

interface Walk {
  readonly passes: Pass[];
  parameters: number;
}

const productOf = (numbers: readonly number[]): number => numbers.reduce((product, number) => product * number, 1);

/** One layer forward and backward; gives the shape behind it. */
function addLayer(layer: Layer, features: Features, work: StepWork, walk: Walk): Features {
  const { passes } = walk;
  const count = work.batch * productOf(features);
  // Nobody needs the gradient of the images.
  const isFirst = passes.length === 0;
  switch (layer.layer) {
    case 'convolution': {
      const sizes = {
        ...layer,
        batch: work.batch,
        inChannels: layer.inputs,
        outChannels: layer.outputs,
        size: features[1]!,
      };
      const pass = convolutionPass(sizes);
      passes.push(...(isFirst ? [pass, pass] : [pass, pass, pass]));
      walk.parameters += layer.inputs * layer.outputs * layer.kernel ** 2;
      return [layer.outputs, outputSize(sizes), outputSize(sizes)];
    }
    case 'linear': {
      const pass = matmulPass(work.batch, layer.inputs, layer.outputs);
      passes.push(...(isFirst ? [pass, pass] : [pass, pass, pass]));
      walk.parameters += (layer.inputs + 1) * layer.outputs;
      return [layer.outputs];
    }
    case 'batch norm':
      passes.push(...batchNormForwardPasses(count), ...batchNormBackwardPasses(count));
      walk.parameters += 2 * layer.channels;
      return features;
    case 'polynomial': {
      const terms = work.evenOdd.length;
      passes.push(evenOddForwardPass(count, terms), evenOddBackwardPass(count, terms, false));
      return features;
    }
    case 'average pool': {
      // Three sums and a product for four elements, and one product for what goes back to them.
      const bytes = float32s(1.25 * count);
      passes.push({ operations: count, bytes }, { operations: count / 4, bytes });
      return [features[0]!, features[1]! / 2, features[2]! / 2];
    }
    case 'global average pool':
      passes.push({ operations: count, bytes: float32s(count) }, { operations: 0, bytes: float32s(count) });
      return [features[0]!];
    case 'flatten':
      return [productOf(features)];
    case 'residual': {
      const behind = addLayers(layer.body, features, work, walk);
      addLayers(layer.shortcut, features, work, walk);
      const sum = work.batch * productOf(behind);
      // Forward, and where both gradients meet.
      passes.push({ operations: sum, bytes: float32s(3 * sum) }, { operations: count, bytes: float32s(3 * count) });
      return behind;
    }
  }
}

function addLayers(layers: readonly Layer[], features: Features, work: StepWork, walk: Walk): Features {
  return layers.reduce((shape, layer) => addLayer(layer, shape, work, walk), features);
}

/** All layers forward and backward and the optimizer. The loss of so few numbers is left out. */
export function stepPasses(work: StepWork): readonly Pass[] {
  const walk: Walk = { passes: [], parameters: 0 };
  addLayers(work.layers, work.input, work, walk);
  return [...walk.passes, adamPass(walk.parameters)];
}
