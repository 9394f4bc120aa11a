import type { Kernels, Operand, Penalty, PolynomialActivationForm, PolynomialForm } from '../../kernels.js';
import { linearMemory } from '../../memory.js';
import { sizeOf } from '../../shape.js';
import { values } from '../host.js';
import { reference } from '../reference/index.js';
import { addressOf, type Executor } from './executor.js';
import { Workspace } from './workspace.js';

const penaltyForms: Record<Penalty['form'], number> = { exponential: 1, quadratic: 2, power: 3 };

/** Partial sums of a block before those of the terms: see kernels/polynomial.ts. */
const FORWARD_PARTIALS = 4;
const EDGE_PARTIALS = 2;

/** x as [images, channels, area], where each channel has its own polynomial. */
interface Layout {
  readonly images: number;
  readonly channels: number;
  readonly area: number;
}

function layoutOf(x: Operand, coefficients: Operand): Layout {
  if (coefficients.shape.length === 1) return { images: 1, channels: 1, area: x.size };
  return { images: x.shape[0]!, channels: x.shape[1]!, area: sizeOf(x.shape.slice(2)) };
}

/** The largest float32 that is not above the value: as good a bound for float32 numbers as the value itself. */
function floorToFloat32(value: number): number {
  const nearest = Float32Array.of(value);
  if (nearest[0]! > value) new Int32Array(nearest.buffer)[0]!--;
  return nearest[0]!;
}

/** The terms of the derivative of one polynomial; those of its even part come first. */
function differentiate(
  coefficients: ArrayLike<number>,
  start: number,
  terms: number,
  { basis, evenTerms, bound }: PolynomialForm,
): number[] {
  if (basis === 'monomial') {
    return Array.from({ length: terms - 1 }, (_, k) => ((k + 1) * coefficients[start + k + 1]!) / bound);
  }
  const even = (k: number) => (k < evenTerms ? coefficients[start + k]! : 0);
  const odd = (k: number) => (evenTerms + k < terms ? coefficients[start + evenTerms + k]! : 0);
  return [
    ...Array.from({ length: terms - evenTerms }, (_, k) => ((1 + 2 * k) * odd(k) + 2 * (k + 1) * odd(k + 1)) / bound),
    ...Array.from({ length: evenTerms - 1 }, (_, k) => (4 * (k + 1) * even(k + 1)) / bound),
  ];
}

function derivativeForm({ basis, evenTerms }: PolynomialForm, terms: number): readonly [even: number, odd: number] {
  return basis === 'monomial' ? [terms - 1, 0] : [terms - evenTerms, evenTerms - 1];
}

/** The derivatives at B and −B, where t = ±1 and s = 1. */
function edgeSlopes(derivative: readonly number[], evenTerms: number, basis: PolynomialForm['basis']): number[] {
  let even = 0;
  let odd = 0;
  derivative.forEach((coefficient, k) => {
    if (basis === 'monomial' ? k % 2 === 0 : k < evenTerms) even += coefficient;
    else odd += coefficient;
  });
  return [even + odd, even - odd];
}

/** d/dx of term k at B and at −B. */
function termSlopes(k: number, { basis, evenTerms, bound }: PolynomialForm): readonly [number, number] {
  if (basis === 'monomial') return [k / bound, (k / bound) * (k % 2 === 0 ? -1 : 1)];
  if (k < evenTerms) return [(4 * k) / bound, (-4 * k) / bound];
  const slope = (1 + 4 * (k - evenTerms)) / bound;
  return [slope, slope];
}

/** The fields after those of x and its values. */
function fieldsOf(form: PolynomialActivationForm, penalty: Penalty | undefined): number[] {
  return [
    Number(form.basis === 'monomial'),
    floorToFloat32(form.bound),
    1 / form.bound,
    Number(form.outside === 'tangent'),
    penalty ? penaltyForms[penalty.form] : 0,
    penalty ? penalty.limit : 0,
    penalty ? penalty.cap : 0,
  ];
}

export function polynomialKernels(executor: Executor): Pick<Kernels, 'polynomial' | 'polynomialGradient'> {
  const tables = new Workspace();
  const partials = new Workspace();

  /** One row of numbers for each channel. */
  function fillTable(channels: number, row: (channel: number) => readonly number[]): number {
    const rows = Array.from({ length: channels }, (_, channel) => row(channel)).flat();
    const table = tables.reserve(Math.max(1, rows.length) * Float32Array.BYTES_PER_ELEMENT);
    linearMemory.view(table, 'float32').set(rows);
    return table.pointer;
  }

  function reservePartials(blocks: number, length: number): { pointer: number; sums: ArrayLike<number> } {
    const buffer = partials.reserve(Math.max(1, blocks * length) * Float64Array.BYTES_PER_ELEMENT);
    return { pointer: buffer.pointer, sums: linearMemory.view(buffer, 'float64') };
  }

  return {
    polynomial(x, coefficients, out, penalty, range, form) {
      if (out.dtype !== 'float32') {
        reference.kernels.polynomial(x, coefficients, out, penalty, range, form);
        return;
      }
      const { images, channels, area } = layoutOf(x, coefficients);
      const terms = coefficients.shape.at(-1)!;
      const source = values(coefficients);
      const [derivativeEven] = derivativeForm(form, terms);
      const slopes =
        form.outside === 'tangent'
          ? fillTable(channels, (c) =>
              edgeSlopes(differentiate(source, c * terms, terms, form), derivativeEven, form.basis),
            )
          : 0;
      const fields = (partialSums: number) => [
        addressOf(x),
        addressOf(coefficients),
        addressOf(out),
        partialSums,
        images,
        channels,
        area,
        form.evenTerms,
        terms - form.evenTerms,
        ...fieldsOf(form, form.penalty),
        slopes,
      ];
      const blocks = executor.blocks('polynomial', fields(0));
      const { pointer, sums } = reservePartials(blocks, FORWARD_PARTIALS);
      executor.run('polynomial', fields(pointer));
      let total = 0;
      let largest = 0;
      let beyond = 0;
      let notFinite = 0;
      for (let start = 0; start < blocks * FORWARD_PARTIALS; start += FORWARD_PARTIALS) {
        total += sums[start]!;
        largest = Math.max(largest, sums[start + 1]!);
        beyond += sums[start + 2]!;
        notFinite += sums[start + 3]!;
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
      const { images, channels, area } = layoutOf(x, coefficients);
      const terms = coefficients.shape.at(-1)!;
      const source = values(coefficients);
      const derivatives = fillTable(channels, (c) => differentiate(source, c * terms, terms, form));
      const wanted = gradient && coefficientGradient;
      const fields = (partialSums: number) => [
        addressOf(x),
        derivatives,
        addressOf(out),
        partialSums,
        images,
        channels,
        area,
        ...derivativeForm(form, terms),
        ...fieldsOf(form, penaltyGradient && form.penalty),
        gradient ? addressOf(gradient) : 0,
        penaltyGradient ? values(penaltyGradient)[0]! / x.size : 0,
        wanted ? form.evenTerms : 0,
        wanted ? terms - form.evenTerms : 0,
      ];
      const blocks = executor.blocks('polynomialGradient', fields(0));
      const length = EDGE_PARTIALS + (wanted ? terms : 0);
      const { pointer, sums } = reservePartials(blocks, length);
      executor.run('polynomialGradient', fields(pointer));
      if (!coefficientGradient) return;
      const totals = new Float64Array(coefficients.size);
      if (wanted) addUp(totals, sums, blocks / channels, { ...form, terms });
      values(coefficientGradient).set(totals);
    },
  };
}

/** Adds the partial sums of all blocks to the gradients of the coefficients, in the order of the blocks. */
function addUp(
  totals: Float64Array,
  sums: ArrayLike<number>,
  blocksPerChannel: number,
  form: PolynomialForm & { readonly terms: number },
): void {
  const { terms } = form;
  const slopes = Array.from({ length: terms }, (_, k) => termSlopes(k, form));
  let position = 0;
  for (let start = 0; start < totals.length; start += terms) {
    for (let block = 0; block < blocksPerChannel; block++) {
      const above = sums[position++]!;
      const below = sums[position++]!;
      for (let k = 0; k < terms; k++) {
        totals[start + k]! += sums[position++]! + above * slopes[k]![0] + below * slopes[k]![1];
      }
    }
  }
}
