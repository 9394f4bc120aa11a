import type { UnaryName } from '../../kernels.js';
import type { LibraryContext } from './library.js';

/**
 * Functions of numbers that kernels call. Shaders have either no such functions, or inaccurate ones (GLSL ES 3.00,
 * section 4.5.1, and WGSL, section 15.7.4, ask for 3 + 2|x| units in the last place of e^x, and for an absolute error of
 * 2^-11 of sines).
 */
const definitions: readonly (readonly [parameters: readonly string[], source: string])[] = [
  // Shaders may compute anything for NaN.
  [
    ['x'],
    `function exponential(x) {
      if (x <= 0 || x > 0) { return Math.exp(x); }
      return x;
    }`,
  ],
  // Taylor's series near 0, where e^x − 1 would lose its digits.
  [
    ['x'],
    `function exponentialMinusOne(x) {
      if (Math.abs(x) < 0.5) {
        return x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6 * (1 + x / 7 * (1 + x / 8)))))));
      }
      return exponential(x) - 1;
    }`,
  ],
  // NaN for negative numbers, as their roots are; shaders may leave the logarithm of 0 finite.
  [
    ['x'],
    `function plainLogarithm(x) {
      if (x < 0) { return Math.sqrt(x); }
      if (x > 0) { return Math.log(x); }
      if (x <= 0) { return -1 / Math.abs(x); }
      return x;
    }`,
  ],
  // ln(1 + x) = 2 artanh(x/(2 + x)), by its series where |x/(2 + x)| ≤ 1/3.
  [
    ['x'],
    `function logarithmOfOnePlus(x) {
      if (x < -0.5 || x > 1) { return plainLogarithm(1 + x); }
      const z = x / (2 + x);
      const q = z * z;
      return 2 * z * (1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13 + q / 15)))))));
    }`,
  ],
  [
    ['x'],
    `function logarithm(x) {
      if (x > 0.5 && x < 2) { return logarithmOfOnePlus(x - 1); }
      return plainLogarithm(x);
    }`,
  ],
  [
    ['x'],
    `function logistic(x) {
      const e = exponential(-Math.abs(x));
      const larger = 1 / (1 + e);
      return x < 0 ? e * larger : larger;
    }`,
  ],
  // tanh x = (e^2x − 1)/(e^2x + 1); from 10 on it is 1 in float32.
  [
    ['x'],
    `function hyperbolicTangent(x) {
      if (Math.abs(x) > 10) { return x < 0 ? -1.0 : 1.0; }
      const e = exponentialMinusOne(2 * x);
      return e / (e + 2);
    }`,
  ],
  // Abramowitz & Stegun 7.1.14, for x ≥ 1.5.
  [
    ['x'],
    `function errorTail(x) {
      let fraction = x;
      for (let n = 0; n < 30; n++) { fraction = x + (30 - n) / 2 / fraction; }
      return exponential(-x * x) / (1.7724538509055159 * fraction);
    }`,
  ],
  // Abramowitz & Stegun 7.1.6, for |x| < 1.5.
  [
    ['x'],
    `function errorSeries(x) {
      let term = x;
      let sum = x;
      for (let n = 1; n < 24; n++) {
        term = term * (2 * x * x) / (2 * n + 1);
        sum = sum + term;
      }
      return 1.1283791670955126 * exponential(-x * x) * sum;
    }`,
  ],
  [
    ['x'],
    `function errorFunction(x) {
      if (Math.abs(x) < 1.5) { return errorSeries(x); }
      return x < 0 ? errorTail(-x) - 1 : 1 - errorTail(x);
    }`,
  ],
  [
    ['x'],
    `function errorComplement(x) {
      if (Math.abs(x) < 1.5) { return 1 - errorSeries(x); }
      return x < 0 ? 2 - errorTail(-x) : errorTail(x);
    }`,
  ],
  // The method of Cody and Waite with the constants of Cephes (Moshier): x less a multiple of π/2 in three parts. From 2^17
  // on, products with the first part are not exact any more: the root of a negative number is NaN.
  [
    ['x', 'shift'],
    `function sineOfQuarters(x, shift) {
      if (Math.abs(x) > 131072) { return Math.sqrt(-Math.abs(x)); }
      const n = Math.floor(x * 0.6366197723675814 + 0.5);
      const r = x - n * 1.5703125 - n * 0.0004837512969970703125 - n * 7.54978995489188216e-8;
      const q = r * r;
      const turn = n + shift;
      const quarter = turn - 4 * Math.floor(turn / 4);
      const sine = r + r * q * (-0.16666654611 + q * (0.0083321608736 - q * 0.00019515295891));
      const cosine = 1 - q / 2 + q * q * (0.04166664568298827 - q * (0.001388731625493765 - q * 0.00002443315711809948));
      if (quarter < 0.5) { return sine; }
      if (quarter < 1.5) { return cosine; }
      if (quarter < 2.5) { return -sine; }
      return -cosine;
    }`,
  ],
  // |a|^b, with the sign of an odd power where a is negative; NaN (the root of −1) where b is no integer then.
  [
    ['a', 'b'],
    `function powerOfNumbers(a, b) {
      const size = Math.abs(a);
      if (size === 0) {
        if (b > 0) { return 0.0; }
        return 1 / size;
      }
      let result = Math.pow(size, b);
      if (size === 1) { result = 1.0; }
      if (a < 0) {
        if (Math.abs(b) < 16777216) {
          const whole = Math.floor(b);
          if (b > whole) { return Math.sqrt(a); }
          if (whole - 2 * Math.floor(whole / 2) > 0.5) { return -result; }
        }
      }
      return result;
    }`,
  ],
  [
    ['a', 'b'],
    `function power(a, b) {
      if (b === 0 || a === 1) { return 1.0; }
      if (a <= 0 || a > 0) {
        if (b <= 0 || b > 0) { return powerOfNumbers(a, b); }
        return b;
      }
      return a;
    }`,
  ],
];

/** Makes the functions known to a context. */
export function addFunctions(context: LibraryContext): void {
  for (const [parameters, source] of definitions) {
    const argumentTypes = Object.fromEntries(parameters.map((name) => [name, 'Float']));
    context.addFunction(source, { argumentTypes, returnType: 'Float' });
  }
}

/** Beyond 2^23 every float32 is an integer; NaN goes the same way. */
const unlessInteger = (statements: string): string => `if (Math.abs(v) < 8388608) { ${statements} }\nreturn v;`;

/** Each unary operator as the statements that return its value for `v`. NaN stays NaN. */
export const unaryBodies: Readonly<Record<UnaryName, string>> = {
  neg: 'return -v;',
  abs: 'return Math.abs(v);',
  sign: 'if (v > 0) { return 1.0; }\nif (v < 0) { return -1.0; }\nreturn v;',
  exp: 'return exponential(v);',
  expm1: 'return exponentialMinusOne(v);',
  log: 'return logarithm(v);',
  log1p: 'return logarithmOfOnePlus(v);',
  sqrt: 'return Math.sqrt(v);',
  reciprocal: 'return 1 / v;',
  square: 'return v * v;',
  sin: 'return sineOfQuarters(v, 0);',
  cos: 'return sineOfQuarters(v, 1);',
  tanh: 'return hyperbolicTangent(v);',
  sigmoid: 'return logistic(v);',
  // Without the first test compilers take the second for a maximum, which may lose NaN.
  relu: 'if (v <= 0 || v > 0) { return v < 0 ? 0.0 : v; }\nreturn v;',
  // From here on e^x is 0 in float32; −∞ times 0 would be NaN.
  silu: 'return v < -120 ? 0.0 : v * logistic(v);',
  gelu: 'return v < -20 ? 0.0 : 0.5 * v * errorComplement(v * -0.7071067811865476);',
  softplus: 'const positive = v < 0 ? 0.0 : v;\nreturn positive + logarithmOfOnePlus(exponential(-Math.abs(v)));',
  erf: 'return errorFunction(v);',
  floor: unlessInteger('return Math.floor(v);'),
  ceil: unlessInteger('return -Math.floor(-v);'),
  round: unlessInteger(
    'const low = Math.floor(v);\nconst rest = v - low;\n' +
      'if (rest < 0.5) { return low; }\nif (rest > 0.5) { return low + 1; }\nreturn 2 * Math.floor((low + 1) / 2);',
  ),
};
