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
  // Cosines are inexact near their zeros, as are sines: so is their quotient.
  [
    ['x'],
    `function tangent(x) {
      return sineOfQuarters(x, 0) / sineOfQuarters(x, 1);
    }`,
  ],
  // The polynomials of Cephes (Moshier), for |x| ≤ 1/2: asin x = x + x³·P(x²).
  [
    ['x'],
    `function smallArcsine(x) {
      const q = x * x;
      return x + x * q * (0.16666752422 + q * (0.074953002686 + q * (0.045470025998 + q * (0.024181311049 + q * 0.042163199048))));
    }`,
  ],
  // asin x = π/2 − 2·asin √((1 − x)/2) from 1/2 on.
  [
    ['x'],
    `function arcsine(x) {
      const size = Math.abs(x);
      if (size > 1) { return Math.sqrt(1 - size); }
      if (size <= 0.5) { return smallArcsine(x); }
      const angle = 1.5707963267948966 - 2 * smallArcsine(Math.sqrt(0.5 * (1 - size)));
      return x < 0 ? -angle : angle;
    }`,
  ],
  [
    ['x'],
    `function arccosine(x) {
      if (x > 0.5) { return 2 * smallArcsine(Math.sqrt(0.5 * (1 - x))); }
      if (x < -0.5) { return 3.141592653589793 - 2 * smallArcsine(Math.sqrt(0.5 * (1 + x))); }
      return 1.5707963267948966 - arcsine(x);
    }`,
  ],
  // Brought below tan(π/8) by atan x = π/4 + atan((x − 1)/(x + 1)) or π/2 − atan(1/x); then Cephes' polynomial.
  [
    ['x'],
    `function arctangent(x) {
      const size = Math.abs(x);
      let base = 0;
      let z = size;
      if (size > 2.414213562373095) {
        base = 1.5707963267948966;
        z = -1 / size;
      } else {
        if (size > 0.41421356237309503) {
          base = 0.7853981633974483;
          z = (size - 1) / (size + 1);
        }
      }
      const q = z * z;
      const angle = base + (z + z * q * (-0.333329491539 + q * (0.199777106478 + q * (-0.138776856032 + q * 0.0805374449538))));
      return x < 0 ? -angle : angle;
    }`,
  ],
  // The angle of the point (x, y); shaders do not know −0 from 0.
  [
    ['y', 'x'],
    `function angleOfPoint(y, x) {
      if (x <= 0 || x > 0) {
        const a = Math.abs(y);
        const b = Math.abs(x);
        let angle = 0.7853981633974483;
        if (a < b) { angle = arctangent(a / b); }
        if (a > b) { angle = 1.5707963267948966 - arctangent(b / a); }
        if (a === 0) { angle = 0.0; }
        if (x < 0) { angle = 3.141592653589793 - angle; }
        if (y <= 0 || y > 0) { return y < 0 ? -angle : angle; }
        return y;
      }
      return x;
    }`,
  ],
  // Infinite where one side is, whatever the other may be.
  [
    ['a', 'b'],
    `function hypotenuse(a, b) {
      const first = Math.abs(a);
      const second = Math.abs(b);
      if (first > 3.4028234e38) { return first; }
      if (second > 3.4028234e38) { return second; }
      if (first > second) { return first * Math.sqrt(1 + second / first * (second / first)); }
      if (second > 0) { return second * Math.sqrt(1 + first / second * (first / second)); }
      return first + second;
    }`,
  ],
  // (e^x − e^−x)/2, near 0 by e^x − 1, and by the square of e^(x/2) where e^x may overflow.
  [
    ['x'],
    `function hyperbolicSine(x) {
      const size = Math.abs(x);
      let value = 0;
      if (size < 1) {
        const e = exponentialMinusOne(size);
        value = 0.5 * (e + e / (e + 1));
      } else {
        const root = exponential(0.5 * size);
        value = 0.5 * root * root - 0.5 / root / root;
      }
      return x < 0 ? -value : value;
    }`,
  ],
  [
    ['x'],
    `function hyperbolicCosine(x) {
      const root = exponential(0.5 * Math.abs(x));
      return 0.5 * root * root + 0.5 / root / root;
    }`,
  ],
  // ln(x + √(x² + 1)), with the part of it that is small near 0; squares of what is large overflow.
  [
    ['x'],
    `function hyperbolicArcsine(x) {
      const size = Math.abs(x);
      let value = logarithmOfOnePlus(size + size * size / (1 + Math.sqrt(size * size + 1)));
      if (size > 1000000000) { value = plainLogarithm(size) + 0.6931471805599453; }
      return x < 0 ? -value : value;
    }`,
  ],
  [
    ['x'],
    `function hyperbolicArccosine(x) {
      if (x < 1) { return Math.sqrt(x - 1); }
      if (x < 1000000000) { return logarithmOfOnePlus(x - 1 + Math.sqrt((x - 1) * (x + 1))); }
      return plainLogarithm(x) + 0.6931471805599453;
    }`,
  ],
  [
    ['x'],
    `function hyperbolicArctangent(x) {
      const size = Math.abs(x);
      if (size > 1) { return Math.sqrt(1 - size); }
      const value = 0.5 * logarithmOfOnePlus(2 * size / (1 - size));
      return x < 0 ? -value : value;
    }`,
  ],
  // Long division in base 2: every difference is exact, as s ≤ m < 2s.
  [
    ['a', 'b'],
    `function truncatedRemainder(a, b) {
      if (a <= 0 || a > 0) {
        if (b <= 0 || b > 0) {
          const d = Math.abs(b);
          let m = Math.abs(a);
          if (d === 0 || m > 3.4028234e38) { return Math.sqrt(-1 - d); }
          if (m < d) { return a; }
          let s = d;
          for (let k = 0; k < 280; k++) {
            if (s + s > m) { break; }
            s = s + s;
          }
          for (let k = 0; k < 280; k++) {
            if (m >= s) { m = m - s; }
            if (s <= d) { break; }
            s = 0.5 * s;
          }
          return a < 0 ? -m : m;
        }
        return b;
      }
      return a;
    }`,
  ],
  [
    ['a', 'b'],
    `function flooredRemainder(a, b) {
      const rest = truncatedRemainder(a, b);
      if (rest < 0 && b > 0) { return rest + b; }
      if (rest > 0 && b < 0) { return rest + b; }
      return rest;
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
  exp2: 'return exponential(0.6931471805599453 * v);',
  expm1: 'return exponentialMinusOne(v);',
  log: 'return logarithm(v);',
  log2: 'return 1.4426950408889634 * logarithm(v);',
  log10: 'return 0.4342944819032518 * logarithm(v);',
  log1p: 'return logarithmOfOnePlus(v);',
  sqrt: 'return Math.sqrt(v);',
  reciprocal: 'return 1 / v;',
  square: 'return v * v;',
  sin: 'return sineOfQuarters(v, 0);',
  cos: 'return sineOfQuarters(v, 1);',
  tan: 'return tangent(v);',
  asin: 'return arcsine(v);',
  acos: 'return arccosine(v);',
  atan: 'return arctangent(v);',
  sinh: 'return hyperbolicSine(v);',
  cosh: 'return hyperbolicCosine(v);',
  tanh: 'return hyperbolicTangent(v);',
  asinh: 'return hyperbolicArcsine(v);',
  acosh: 'return hyperbolicArccosine(v);',
  atanh: 'return hyperbolicArctangent(v);',
  sigmoid: 'return logistic(v);',
  // Without the first test compilers take the second for a maximum, which may lose NaN.
  relu: 'if (v <= 0 || v > 0) { return v < 0 ? 0.0 : v; }\nreturn v;',
  // From here on e^x is 0 in float32; −∞ times 0 would be NaN.
  silu: 'return v < -120 ? 0.0 : v * logistic(v);',
  gelu: 'return v < -20 ? 0.0 : 0.5 * v * errorComplement(v * -0.7071067811865476);',
  softplus: 'const positive = v < 0 ? 0.0 : v;\nreturn positive + logarithmOfOnePlus(exponential(-Math.abs(v)));',
  erf: 'return errorFunction(v);',
  erfc: 'return errorComplement(v);',
  floor: unlessInteger('return Math.floor(v);'),
  trunc: unlessInteger('return v < 0 ? -Math.floor(-v) : Math.floor(v);'),
  ceil: unlessInteger('return -Math.floor(-v);'),
  round: unlessInteger(
    'const low = Math.floor(v);\nconst rest = v - low;\n' +
      'if (rest < 0.5) { return low; }\nif (rest > 0.5) { return low + 1; }\nreturn 2 * Math.floor((low + 1) / 2);',
  ),
};
