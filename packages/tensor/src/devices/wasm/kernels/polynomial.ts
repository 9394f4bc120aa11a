import type { Kernels, Operand, Penalty, PolynomialActivationForm } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { values } from '../../host/host.js';
import { linearMemory } from '../../host/linear-memory.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';
import { Workspace } from '../workspace.js';

const penaltyForms: Record<Penalty['form'], number> = { exponential: 1, quadratic: 2, power: 3 };

/** Partial results of a block: see kernels/polynomial/forward.ts. */
const FORWARD_PARTIALS = 4;

/** x as [images, channels, area], where each channel has its own polynomial. */
function layoutOf(x: Operand, coefficients: Operand): readonly [images: number, channels: number, area: number] {
  if (coefficients.shape.length === 1) return [1, 1, x.size];
  return [x.shape[0]!, x.shape[1]!, sizeOf(x.shape.slice(2))];
}

/** The largest float32 that is not above the value: as good a bound for float32 numbers as the value itself. */
function floorToFloat32(value: number): number {
  const nearest = Float32Array.of(value);
  if (nearest[0]! > value) new Int32Array(nearest.buffer)[0]!--;
  return nearest[0]!;
}

/** The fields that both directions have: see kernels/polynomial/activation.ts. */
function fieldsOf(
  x: Operand,
  coefficients: Operand,
  out: Operand,
  partials: number,
  form: PolynomialActivationForm,
  penalty: Penalty | undefined,
): number[] {
  return [
    addressOf(x),
    addressOf(coefficients),
    addressOf(out),
    partials,
    ...layoutOf(x, coefficients),
    form.evenTerms,
    coefficients.shape.at(-1)! - form.evenTerms,
    Number(form.basis === 'monomial'),
    floorToFloat32(form.bound),
    1 / form.bound,
    Number(form.outside === 'tangent'),
    penalty ? penaltyForms[penalty.form] : 0,
    penalty ? penalty.limit : 0,
    penalty ? penalty.cap : 0,
  ];
}

/** Polynomial activations: value, penalty and range in one pass; both gradients in another. */
export function polynomialKernels(executor: Executor): Pick<Kernels, 'polynomial' | 'polynomialGradient'> {
  const workspace = new Workspace();

  /** Runs a kernel and returns the partial sums of its blocks. */
  function run(
    name: 'polynomial' | 'polynomialGradient',
    fields: (pointer: number) => number[],
    length: number,
  ): ArrayLike<number> {
    const buffer = workspace.reserve(Math.max(1, length) * Float64Array.BYTES_PER_ELEMENT);
    executor.run(name, fields(buffer.pointer));
    return linearMemory.view(buffer, 'float64');
  }

  return {
    polynomial(x, coefficients, out, penalty, range, form) {
      if (out.dtype !== 'float32') {
        reference.kernels.polynomial(x, coefficients, out, penalty, range, form);
        return;
      }
      const fields = (pointer: number) => fieldsOf(x, coefficients, out, pointer, form, form.penalty);
      const blocks = executor.blocks('polynomial', fields(0));
      const partials = run('polynomial', fields, blocks * FORWARD_PARTIALS);
      let total = 0;
      let largest = 0;
      let beyond = 0;
      let notFinite = 0;
      for (let start = 0; start < blocks * FORWARD_PARTIALS; start += FORWARD_PARTIALS) {
        total += partials[start]!;
        largest = Math.max(largest, partials[start + 1]!);
        beyond += partials[start + 2]!;
        notFinite += partials[start + 3]!;
      }
      values(penalty)[0] = x.size === 0 ? 0 : total / x.size;
      values(range).set([largest, beyond, notFinite]);
    },

    polynomialGradient(gradient, penaltyGradient, x, coefficients, out, coefficientGradient, form) {
      if (out.dtype !== 'float32') {
        reference.kernels.polynomialGradient(
          gradient,
          penaltyGradient,
          x,
          coefficients,
          out,
          coefficientGradient,
          form,
        );
        return;
      }
      const learnable = gradient !== undefined && coefficientGradient !== undefined;
      const fields = (pointer: number) => [
        ...fieldsOf(x, coefficients, out, pointer, form, penaltyGradient && form.penalty),
        gradient ? addressOf(gradient) : 0,
        penaltyGradient ? values(penaltyGradient)[0]! / x.size : 0,
        Number(learnable),
      ];
      const blocks = executor.blocks('polynomialGradient', fields(0));
      const terms = coefficients.shape.at(-1)!;
      const partials = run('polynomialGradient', fields, learnable ? blocks * terms : 0);
      if (!coefficientGradient) return;
      // The blocks of a channel follow each other.
      const totals = new Float64Array(coefficients.size);
      if (learnable) {
        const blocksPerChannel = (blocks * terms) / totals.length;
        for (let block = 0; block < blocks; block++) {
          const channel = Math.floor(block / blocksPerChannel) * terms;
          for (let k = 0; k < terms; k++) totals[channel + k]! += partials[block * terms + k]!;
        }
      }
      values(coefficientGradient).set(totals);
    },
  };
}
