import type { Kernels, Operand, PolynomialActivationForm, PolynomialForm } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { areaOf, kernelSource, partsOf, ravelIndex, unravelIndex } from '../source.js';
import { penaltyNumbers, penaltyParameters, penaltySlope, penaltyValue } from './penalty.js';
import { reduce } from './reduction.js';

const MAX_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** How the polynomial of an element is found: the number of its coefficients, and where they start. */
interface Layout {
  readonly terms: number;
  /** The channels that have a polynomial each; 1 where all share one. */
  readonly polynomials: number;
}

function layoutOf(coefficients: Operand): Layout {
  return {
    terms: coefficients.shape.at(-1)!,
    polynomials: coefficients.shape.length === 2 ? coefficients.shape[0]! : 1,
  };
}

/** Statements that declare `v`, and where it is evaluated: `edge`, which is v itself unless the tangent goes on there. */
function pointStatements({ bound, outside }: PolynomialForm, element: string): string {
  const point = `const v = x[${element}];\nlet edge = v;`;
  if (outside === 'polynomial') return point;
  return `${point}
if (v > ${bound}) { edge = ${bound}; }
if (v < ${-bound}) { edge = ${-bound}; }`;
}

/** Statements that declare t = edge/B and what the powers are taken of: s, or u. */
function variableStatements({ bound, basis }: PolynomialForm): string {
  return `const t = edge / ${bound};
const s = ${basis === 'monomial' ? 't' : '2 * t * t - 1'};
${basis === 'twice-even-odd' ? 'const u = 2 * s * s - 1;' : ''}`;
}

/** Statements that declare the start of the coefficients of the element at hand. */
function startStatements(x: Operand, { terms, polynomials }: Layout): string {
  if (polynomials === 1) return '';
  const [images, channels] = x.shape as [number, number];
  const { statements, at } = unravelIndex('this.thread.x', [images, channels, areaOf(x.shape)], 'i');
  return `${statements}\nconst start = ${ravelIndex([at[1]!], [terms])};`;
}

/** The coefficients of a part: `count` of them from `first` on, each `step` behind the one before. */
interface Part {
  readonly first: number;
  readonly count: number;
  readonly step: number;
}

/** Horner's method for one part of the polynomial: `name` and, where wanted, its derivative `nameSlope`. */
function hornerStatements(name: string, { polynomials }: Layout, variable: string, part: Part, withSlope: boolean) {
  const { first, count, step } = part;
  const declared = `let ${name} = 0;${withSlope ? `\nlet ${name}Slope = 0;` : ''}`;
  if (count === 0) return declared;
  const last = first + (count - 1) * step;
  const coefficient = `coefficients[${polynomials === 1 ? '' : 'start + '}${last} - ${step} * k]`;
  const slope = withSlope ? `${name}Slope = ${name}Slope * ${variable} + ${name};\n` : '';
  return `${declared}
for (let k = 0; k < ${count}; k++) {
${slope}${name} = ${name} * ${variable} + ${coefficient};
}`;
}

/** A(u) + s·B(u) of the terms from `first` to `end`, and its derivative in s where wanted. */
function twiceStatements(name: string, layout: Layout, first: number, end: number, withSlope: boolean): string {
  const [a, b] = [`${name}First`, `${name}Second`];
  const terms = end - first;
  const slope = `\nconst ${name}Slope = ${b} + 4 * s * (${a}Slope + s * ${b}Slope);`;
  return `${hornerStatements(a, layout, 'u', { first, count: Math.ceil(terms / 2), step: 2 }, withSlope)}
${hornerStatements(b, layout, 'u', { first: first + 1, count: Math.floor(terms / 2), step: 2 }, withSlope)}
const ${name} = ${a} + s * ${b};${withSlope ? slope : ''}`;
}

/** E(s) and O(s), and their derivatives where wanted. */
function partsStatements(form: PolynomialForm, layout: Layout, withSlope: boolean): string {
  const statements = (name: string, first: number, end: number) =>
    form.basis === 'twice-even-odd'
      ? twiceStatements(name, layout, first, end, withSlope)
      : hornerStatements(name, layout, 's', { first, count: end - first, step: 1 }, withSlope);
  return [
    variableStatements(form),
    statements('even', 0, form.evenTerms),
    statements('odd', form.evenTerms, layout.terms),
  ].join('\n');
}

/** p′(edge) from what `partsStatements` has declared. */
function slopeExpression({ bound, basis }: PolynomialForm): string {
  return `(${basis === 'monomial' ? '' : '4 * t * '}(evenSlope + t * oddSlope) + odd) / ${bound}`;
}

function valueSource(x: Operand, layout: Layout, form: PolynomialForm): string {
  const tangent = form.outside === 'tangent';
  const beyond = tangent ? ` + (v - edge) * (${slopeExpression(form)})` : '';
  return kernelSource(
    ['x', 'coefficients'],
    `${startStatements(x, layout)}
${pointStatements(form, 'this.thread.x')}
${partsStatements(form, layout, tangent)}
return even + t * odd${beyond};`,
  );
}

/** For parts of the elements: the sum of the penalties, max |x|, how many lie beyond the bound, how many are not finite. */
function rangeSource(size: number, parts: number, { penalty, bound }: PolynomialActivationForm): string {
  const { statements, at } = unravelIndex('this.thread.x', [4, parts], 'i');
  const chunk = Math.ceil(size / parts);
  return kernelSource(
    ['x', 'finite', ...(penalty ? penaltyParameters : [])],
    `${statements}
let result = 0;
for (let k = 0; k < ${chunk}; k++) {
  const place = ${ravelIndex([at[1]!, 'k'], [chunk, 1])};
  if (place < ${size}) {
    const size = Math.abs(x[place]);
    if (${at[0]} === 0) {
      ${penalty ? `${penaltyValue(penalty.form)}\nresult = result + penalty;` : ''}
    }
    if (${at[0]} === 1) { if (size > result) { result = size; } }
    if (${at[0]} === 2) { if (size > ${bound}) { result = result + 1; } }
    if (${at[0]} === 3) { if (size <= finite) { result = result; } else { result = result + 1; } }
  }
}
return result;`,
  );
}

/** max |x| and the two counts, from those of the parts. */
function rangeOfParts(parts: number): string {
  return kernelSource(
    ['partial'],
    `let result = 0;
for (let k = 0; k < ${parts}; k++) {
  const v = partial[(this.thread.x + 1) * ${parts} + k];
  if (this.thread.x === 0) { if (v > result) { result = v; } } else { result = result + v; }
}
return result;`,
  );
}

/** The gradient of x from those of the value and of the penalty. */
function inputGradientSource(
  x: Operand,
  layout: Layout,
  form: PolynomialActivationForm,
  hasGradient: boolean,
  hasPenalty: boolean,
): string {
  const { penalty } = form;
  const ofPenalty =
    hasPenalty && penalty
      ? `const size = Math.abs(v);
${penaltySlope(penalty.form)}
const share = penaltyGradient[0] / ${x.size};
if (v > 0) { slope = share * penaltySlope; }
if (v < 0) { slope = -share * penaltySlope; }`
      : '';
  const ofValue = hasGradient
    ? `${startStatements(x, layout)}
${partsStatements(form, layout, true)}
slope = slope + gradient[this.thread.x] * (${slopeExpression(form)});`
    : '';
  return kernelSource(
    [
      'x',
      ...(hasGradient ? ['gradient', 'coefficients'] : []),
      ...(hasPenalty ? ['penaltyGradient', ...penaltyParameters] : []),
    ],
    `${pointStatements(form, 'this.thread.x')}\nlet slope = 0;\n${ofPenalty}\n${ofValue}\nreturn slope;`,
  );
}

/** weight·∂p/∂c_k, and (v − edge)·weight·∂p′/∂c_k where the tangent goes on, summed over parts of the elements. */
function coefficientGradientSource(x: Operand, { terms, polynomials }: Layout, form: PolynomialForm, parts: number) {
  const { evenTerms, bound, basis, outside } = form;
  const channels = polynomials === 1 ? 1 : x.shape[1]!;
  const count = x.size / channels;
  const chunk = Math.ceil(count / parts);
  const { statements, at } = unravelIndex('this.thread.x', [polynomials, terms, parts], 'i');
  const [polynomial, term, part] = at as [string, string, string];
  const area = areaOf(x.shape);
  const place = unravelIndex('place', [count / (polynomials === 1 ? count : area), area], 'p');
  const element =
    polynomials === 1 ? 'place' : ravelIndex([place.at[0]!, polynomial, place.at[1]!], [channels * area, area, 1]);
  const twice = basis === 'twice-even-odd';
  const variable = twice ? 'u' : 's';
  const highest = Math.max(evenTerms, terms - evenTerms) - 1;
  const steps = twice ? Math.floor(highest / 2) : highest;
  const chain = basis === 'monomial' ? `${1 / bound}` : `${4 / bound} * t`;
  const tangent = outside === 'tangent';
  const ofSlope = (expression: string) => (tangent ? ` + weight * (v - edge) * (${expression})` : '');
  return kernelSource(
    ['x', 'gradient'],
    `${statements}
let exponent = ${term};
let isOdd = 0;
if (${term} >= ${evenTerms}) {
  exponent = ${term} - ${evenTerms};
  isOdd = 1;
}
${twice ? 'const index = exponent;\nexponent = Math.floor((index + 0.5) / 2);' : ''}
let result = 0;
for (let k = 0; k < ${chunk}; k++) {
  const place = ${ravelIndex([part, 'k'], [chunk, 1])};
  if (place < ${count}) {
    ${polynomials === 1 ? '' : place.statements}
    const at = ${element};
    ${pointStatements(form, 'at')}
    ${variableStatements(form)}
    const weight = gradient[at];
    let power = 1;
    let powerSlope = 0;
    for (let m = 0; m < ${Math.max(1, steps)}; m++) {
      if (m < exponent) {
        powerSlope = powerSlope * ${variable} + power;
        power = power * ${variable};
      }
    }
    ${twice ? 'powerSlope = 4 * s * powerSlope;\nif (index - 2 * exponent > 0.5) { powerSlope = power + s * powerSlope; power = power * s; }' : ''}
    if (isOdd > 0) {
      result = result + weight * t * power${ofSlope(`power / ${bound} + t * powerSlope * ${chain}`)};
    } else {
      result = result + weight * power${ofSlope(`powerSlope * ${chain}`)};
    }
  }
}
return result;`,
  );
}

/** Activation polynomials by Horner's method. */
export function polynomialKernels(executor: Executor): Pick<Kernels, 'polynomial' | 'polynomialGradient'> {
  return {
    polynomial(x, coefficients, out, penalty, range, form) {
      if (x.size === 0) {
        executor.fill(penalty, 0);
        executor.fill(range, 0);
        return;
      }
      executor.launch(out, valueSource(x, layoutOf(coefficients), form), x, coefficients);
      const parts = partsOf(x.size);
      executor.withTemporary(4 * parts, (partial) => {
        const numbers = form.penalty ? penaltyNumbers(form.penalty) : [];
        executor.launch(partial, rangeSource(x.size, parts, form), x, MAX_FLOAT, ...numbers);
        const mean = `let sum = 0;
for (let k = 0; k < ${parts}; k++) { sum = sum + partial[k]; }
return sum / ${x.size};`;
        executor.launch(penalty, kernelSource(['partial'], mean), partial);
        executor.launch(range, rangeOfParts(parts), partial);
      });
    },
    polynomialGradient(gradient, penaltyGradient, x, coefficients, out, coefficientGradient, form) {
      const layout = layoutOf(coefficients);
      if (x.size > 0) {
        const hasPenalty = penaltyGradient !== undefined && form.penalty !== undefined;
        executor.launch(
          out,
          inputGradientSource(x, layout, form, gradient !== undefined, hasPenalty),
          x,
          ...(gradient ? [gradient, coefficients] : []),
          ...(hasPenalty ? [penaltyGradient, ...penaltyNumbers(form.penalty)] : []),
        );
      }
      if (!coefficientGradient) return;
      if (!gradient || x.size === 0) {
        executor.fill(coefficientGradient, 0);
        return;
      }
      const { terms, polynomials } = layout;
      const room = Math.max(1, Math.floor(executor.limits.elements / coefficientGradient.size));
      const parts = Math.min(partsOf(x.size / polynomials), room);
      executor.withTemporary(polynomials * terms * parts, (partial) => {
        executor.launch(partial, coefficientGradientSource(x, layout, form, parts), x, gradient);
        reduce(executor, 'sum', partial, coefficientGradient, {
          outer: polynomials * terms,
          length: parts,
          inner: 1,
        });
      });
    },
  };
}
