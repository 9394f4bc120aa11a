import type { Kernels, Operand, Penalty, PolynomialActivationForm } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { values } from '../../host/host.js';
import { linearMemory } from '../../host/linear-memory.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';
import { type Activation, penaltyForms } from '../generated/tasks.js';
import { Workspace } from '../workspace.js';

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

const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;
/** From here on e^x is beyond float32. */
const MAX_EXPONENT = 89;

type PenaltyFields = Pick<Activation, 'form' | 'limit' | 'scale' | 'cap' | 'capSize' | 'capSlope'>;

/** A penalty as the kernels take it, and what they return. */
interface KernelPenalty {
  readonly fields: PenaltyFields;
  /** What penalties are multiplied by, and slopes. */
  readonly valueFactor: number;
  readonly slopeFactor: number;
}

/** See kernels/polynomial/penalty.ts. */
function kernelPenalty(penalty: Penalty | undefined): KernelPenalty {
  if (!penalty) {
    const fields = { form: penaltyForms.none, limit: 0, scale: 1, cap: 0, capSize: Infinity, capSlope: 0 };
    return { fields, valueFactor: 1, slopeFactor: 0 };
  }
  const { limit, cap: ownCap } = penalty;
  const form = penaltyForms[penalty.form];
  switch (penalty.form) {
    case 'exponential': {
      const cap = Math.min(ownCap, MAX_EXPONENT);
      const capSlope = ownCap > MAX_EXPONENT ? Number.POSITIVE_INFINITY : Math.exp(cap);
      const fields = { form, limit, scale: 1, cap, capSize: limit + cap, capSlope };
      return { fields, valueFactor: 1, slopeFactor: 1 };
    }
    case 'quadratic': {
      const cap = Math.min(ownCap, MAX_FLOAT32);
      const fields = { form, limit, scale: 1, cap, capSize: limit + cap, capSlope: 2 * cap };
      return { fields, valueFactor: 1, slopeFactor: 2 };
    }
    case 'power': {
      // The power of two that brings the limit to [1/2, 1): |x|·scale has no rounding error.
      const scale = 2 ** -Math.max(-126, Math.min(127, Math.floor(Math.log2(limit)) + 1));
      const capSize = (1 + ownCap) * limit;
      const cap = Math.min(capSize * scale, MAX_FLOAT32);
      const fields = { form, limit, scale, cap, capSize, capSlope: 10 * cap ** 9 };
      const unit = (limit * scale) ** -10;
      return { fields, valueFactor: unit, slopeFactor: 10 * scale * unit };
    }
  }
}

/** What both directions are told; where partial results go is yet to be filled in. */
function fieldsOf(
  x: Operand,
  coefficients: Operand,
  out: Operand,
  form: PolynomialActivationForm,
  penalty: KernelPenalty,
): Activation {
  const [images, channels, area] = layoutOf(x, coefficients);
  return {
    x: addressOf(x),
    coefficients: addressOf(coefficients),
    out: addressOf(out),
    partials: 0,
    images,
    channels,
    area,
    evenTerms: form.evenTerms,
    oddTerms: coefficients.shape.at(-1)! - form.evenTerms,
    monomial: Number(form.basis === 'monomial'),
    twice: Number(form.basis === 'twice-even-odd'),
    bound: floorToFloat32(form.bound),
    inverseBound: 1 / form.bound,
    tangent: Number(form.outside === 'tangent'),
    ...penalty.fields,
    gradient: 0,
    penaltyShare: 0,
    learnable: 0,
  };
}

/** Polynomial activations: value, penalty and range in one pass; both gradients in another. */
export function polynomialKernels(executor: Executor): Pick<Kernels, 'polynomial' | 'polynomialGradient'> {
  const workspace = new Workspace();

  /** Runs a kernel and returns the partial sums of its blocks. */
  function run(name: 'polynomial' | 'polynomialGradient', fields: Activation, length: number): ArrayLike<number> {
    const buffer = workspace.reserve(Math.max(1, length) * Float64Array.BYTES_PER_ELEMENT);
    fields.partials = buffer.pointer;
    executor.run(name, fields);
    return linearMemory.view(buffer, 'float64');
  }

  return {
    polynomial(x, coefficients, out, penalty, range, form) {
      if (out.dtype !== 'float32') {
        reference.kernels.polynomial(x, coefficients, out, penalty, range, form);
        return;
      }
      const ownPenalty = kernelPenalty(form.penalty);
      const fields = fieldsOf(x, coefficients, out, form, ownPenalty);
      const blocks = executor.blocks('polynomial', fields);
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
      values(penalty)[0] = x.size === 0 ? 0 : (total * ownPenalty.valueFactor) / x.size;
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
      const penalty = kernelPenalty(penaltyGradient && form.penalty);
      const fields = fieldsOf(x, coefficients, out, form, penalty);
      if (gradient) fields.gradient = addressOf(gradient);
      if (penaltyGradient) fields.penaltyShare = (values(penaltyGradient)[0]! * penalty.slopeFactor) / x.size;
      fields.learnable = Number(learnable);
      const blocks = executor.blocks('polynomialGradient', fields);
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
