import { view } from '../apply.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { formatShape } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** A tensor with a label for each axis; no label twice. */
interface Labeled {
  readonly tensor: Tensor;
  readonly labels: readonly string[];
}

/** The two sides of an equation as labels of axes. */
interface Equation {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** The axes of '…' are numbered from the last one backwards, as broadcasting aligns them. */
function ellipsisLabels(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `…${count - i}`);
}

function labelsOf(equation: string, term: string, ellipsis: readonly string[]): string[] {
  const [before, after, ...more] = term.split('...');
  const isWellFormed = more.length === 0 && /^[A-Za-z]*$/.test(before! + (after ?? ''));
  if (!isWellFormed) {
    throw new ArgumentError(`einsum: '${equation}': '${term}' may have letters and one '...' only`);
  }
  return [...before!, ...(after === undefined ? [] : ellipsis), ...(after ?? '')];
}

/** How many axes of a tensor the letters of a term leave to its '...'. */
function ellipsisRank(equation: string, term: string, { rank, shape }: Tensor): number {
  const letters = term.replace('...', '').length;
  const isFit = term.includes('...') ? letters <= rank : letters === rank;
  if (!isFit) {
    throw new ShapeError(`einsum: '${equation}': '${term}' has ${letters} labels for ${formatShape(shape)}`);
  }
  return rank - letters;
}

function parse(equation: string, tensors: readonly Tensor[]): Equation {
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  const terms = left!.split(',');
  if (more.length > 0) throw new ArgumentError(`einsum: '${equation}': it may have one '->' only`);
  if (terms.length !== tensors.length) {
    throw new ArgumentError(`einsum: '${equation}': it is for ${terms.length} tensors, not ${tensors.length}`);
  }
  // What is not well-formed is refused before its letters are counted.
  for (const term of terms) labelsOf(equation, term, []);
  const ranks = terms.map((term, i) => ellipsisRank(equation, term, tensors[i]!));
  const inputs = terms.map((term, i) => labelsOf(equation, term, ellipsisLabels(ranks[i]!)));
  const ellipsis = ellipsisLabels(Math.max(...ranks));
  const output = right === undefined ? impliedOutput(inputs, ellipsis) : labelsOf(equation, right, ellipsis);
  const all = inputs.flat();
  const unknown = output.find((label) => !all.includes(label));
  if (unknown !== undefined) throw new ArgumentError(`einsum: '${equation}': no tensor has the label '${unknown}'`);
  const twice = output.find((label, i) => output.indexOf(label) !== i);
  if (twice !== undefined) throw new ArgumentError(`einsum: '${equation}': the output has '${twice}' twice`);
  return { inputs, output };
}

/** Without '->': the axes of '...', then the labels that occur once, in alphabetical order. */
function impliedOutput(inputs: readonly (readonly string[])[], ellipsis: readonly string[]): string[] {
  const all = inputs.flat();
  const once = all.filter((label) => !ellipsis.includes(label) && all.indexOf(label) === all.lastIndexOf(label));
  return [...ellipsis, ...once.sort()];
}

/** The length of every label; an axis of length 1 broadcasts. */
function lengthsOf(equation: string, operands: readonly Labeled[]): ReadonlyMap<string, number> {
  const lengths = new Map<string, number>();
  for (const { tensor, labels } of operands) {
    labels.forEach((label, axis) => {
      const length = tensor.shape[axis]!;
      const known = lengths.get(label) ?? 1;
      if (length !== known && length !== 1 && known !== 1) {
        throw new ShapeError(`einsum: '${equation}': '${label}' is ${known} and ${length} long`);
      }
      lengths.set(label, length === 1 ? known : length);
    });
  }
  return lengths;
}

/** Takes the diagonal over every label that a tensor has twice. */
function withoutRepetition(equation: string, tensor: Tensor, labels: readonly string[]): Labeled {
  const repeated = labels.findIndex((label, i) => labels.indexOf(label) !== i);
  if (repeated < 0) return { tensor, labels };
  const first = labels.indexOf(labels[repeated]!);
  if (tensor.shape[first] !== tensor.shape[repeated]) {
    throw new ShapeError(
      `einsum: '${equation}': the axes of '${labels[repeated]}' in ${formatShape(tensor.shape)} differ in length`,
    );
  }
  const others = labels.map((_, axis) => axis).filter((axis) => axis !== first && axis !== repeated);
  const diagonal = tensor.permute([...others, first, repeated]).diagonal();
  return withoutRepetition(
    equation,
    diagonal,
    [...others, first].map((axis) => labels[axis]!),
  );
}

/** Drops axes of length 1 that stand for longer ones: broadcasting brings them back. */
function withoutBroadcast({ tensor, labels }: Labeled, lengths: ReadonlyMap<string, number>): Labeled {
  const axes = labels.map((_, axis) => axis).filter((axis) => tensor.shape[axis] === lengths.get(labels[axis]!));
  if (axes.length === labels.length) return { tensor, labels };
  return { tensor: tensor.reshape(axes.map((axis) => tensor.shape[axis]!)), labels: axes.map((axis) => labels[axis]!) };
}

function sumExcept({ tensor, labels }: Labeled, needed: ReadonlySet<string>): Labeled {
  const axes = labels.map((_, axis) => axis).filter((axis) => !needed.has(labels[axis]!));
  if (axes.length === 0) return { tensor, labels };
  return { tensor: tensor.sum(axes), labels: labels.filter((label) => needed.has(label)) };
}

/** The tensor with its axes in the order of the labels; copied only where they are in another. */
function ordered({ tensor, labels }: Labeled, order: readonly string[]): Tensor {
  const axes = order.map((label) => labels.indexOf(label));
  return axes.every((axis, i) => axis === i) ? view(tensor) : tensor.permute(axes);
}

/** The tensor with its axes in the order of the labels, joined to one axis for each group. */
function grouped(operand: Labeled, groups: readonly (readonly string[])[]): Tensor {
  const { tensor, labels } = operand;
  const length = (label: string): number => tensor.shape[labels.indexOf(label)]!;
  return ordered(operand, groups.flat()).reshape(
    groups.map((group) => group.reduce((product, label) => product * length(label), 1)),
  );
}

/** One product of matrices for each index of the labels that both have and the result needs. */
function contract(a: Labeled, b: Labeled, needed: ReadonlySet<string>, lengths: ReadonlyMap<string, number>): Labeled {
  const left = sumExcept(a, new Set([...needed, ...b.labels]));
  const right = sumExcept(b, new Set([...needed, ...a.labels]));
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const inner = shared.filter((label) => !needed.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const product = grouped(left, [batch, rows, inner]).matmul(grouped(right, [batch, inner, columns]));
  const labels = [...batch, ...rows, ...columns];
  return { tensor: product.reshape(labels.map((label) => lengths.get(label)!)), labels };
}

/**
 * Sums of products in Einstein's notation, as `torch.einsum`: each axis has a letter, axes with one letter go together, and
 * letters that the output lacks are summed over. `einsum('bij,bjk->bik', a, b)` is a product of matrices; '...' stands for
 * any number of leading axes that broadcast. Without '->', the output has the letters that occur once, in alphabetical
 * order. Several tensors are taken from left to right, two at a time, as products of matrices.
 *
 * @throws ArgumentError where the equation cannot be read
 * @throws ShapeError where the shapes do not fit it
 */
export function einsum(equation: string, ...tensors: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(equation, tensors);
  const unique = tensors.map((tensor, i) => withoutRepetition(equation, tensor, inputs[i]!));
  const lengths = lengthsOf(equation, unique);
  const operands = unique.map((each) => withoutBroadcast(each, lengths));
  const result = operands.reduce((product, operand, i) => {
    const later = operands.slice(i + 1).flatMap(({ labels }) => labels);
    return contract(product, operand, new Set([...output, ...later]), lengths);
  });
  // A label that broadcast everywhere has length 1 in all of them and is there.
  return ordered(sumExcept(result, new Set(output)), output);
}
