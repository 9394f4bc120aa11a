import type { UnaryName } from '../../../kernels.js';
import { bitFunctions } from './bits.js';
import { philoxFunctions } from './philox.js';

/**
 * The built-in functions of WGSL may be off by 3 + 2|x| units in the last place (section 15.7.4), and say anything of NaN:
 * these are made of sums, products and bits, by the polynomials of Cephes (S. L. Moshier, single precision).
 */
const elementaryFunctions: readonly string[] = [
  // e^r − 1 for |r| ≤ ln(2)/2.
  `fn exponentialTail(r: f32) -> f32 {
  let q = ((((1.9875691500e-4 * r + 1.3981999507e-3) * r + 8.3334519073e-3) * r + 4.1665795894e-2) * r
    + 1.6666665459e-1) * r + 5.0000001201e-1;
  return r * r * q + r;
}`,
  // n·ln 2 is taken off in two parts, the first of which has so few bits that its product is exact.
  'fn withoutHalvings(x: f32, n: f32) -> f32 { return (x - n * 0.693359375) + n * 2.12194440e-4; }',
  `fn exponential(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (x > 88.72284) { return infinity(); }
  if (x < -104.0) { return 0.0; }
  let n = floor(x * 1.44269504 + 0.5);
  return scaleByPowerOfTwo(1.0 + exponentialTail(withoutHalvings(x, n)), i32(n));
}`,
  `fn powerOfTwoOf(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (x >= 128.0) { return infinity(); }
  if (x < -150.0) { return 0.0; }
  let n = floor(x + 0.5);
  return scaleByPowerOfTwo(1.0 + exponentialTail((x - n) * 0.69314718), i32(n));
}`,
  `fn exponentialMinusOne(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (x > 17.4) { return exponential(x) - 1.0; }
  if (x < -17.4) { return -1.0; }
  let n = floor(x * 1.44269504 + 0.5);
  let tail = exponentialTail(withoutHalvings(x, n));
  if (n == 0.0) { return tail; }
  let power = powerOfTwo(i32(n));
  return power * tail + (power - 1.0);
}`,
  // ln(1 + f) − f for 1 + f from √½ to √2, in two parts that are added last.
  `fn logarithmTail(f: f32) -> f32 {
  let z = f * f;
  let q = (((((((7.0376836292e-2 * f - 1.1514610310e-1) * f + 1.1676998740e-1) * f - 1.2420140846e-1) * f
    + 1.4249322787e-1) * f - 1.6668057665e-1) * f + 2.0000714765e-1) * f - 2.4999993993e-1) * f + 3.3333331174e-1;
  return f * z * q;
}`,
  'fn logarithmNearOne(f: f32, n: f32) -> f32 {\n  return (f + (logarithmTail(f) - n * 2.12194440e-4 - 0.5 * f * f)) + n * 0.693359375;\n}',
  // x = 2^n·(1 + f). A subnormal number is the integer of its bits times 2^−149.
  `fn scientific(x: f32) -> vec2<f32> {
  let bits = bitcast<u32>(x);
  let isSubnormal = bits < 0x800000u;
  let normal = select(bits, bitcast<u32>(f32(bits)), isSubnormal);
  let n = bitcast<i32>(normal - 0x3f3504f3u) >> 23u;
  return vec2<f32>(f32(select(n, n - 149, isSubnormal)), bitcast<f32>(normal - (bitcast<u32>(n) << 23u)) - 1.0);
}`,
  'fn hasLogarithm(x: f32) -> bool { return bitcast<u32>(x) - 1u < 0x7f7fffffu; }',
  // Of 0, negative numbers, infinities and NaN.
  `fn logarithmOfOthers(x: f32) -> f32 {
  if (magnitudeBits(x) == 0u) { return -infinity(); }
  return select(notANumber(), x, isNan(x) || bitcast<u32>(x) == 0x7f800000u);
}`,
  `fn logarithm(x: f32) -> f32 {
  if (!hasLogarithm(x)) { return logarithmOfOthers(x); }
  let parts = scientific(x);
  return logarithmNearOne(parts.y, parts.x);
}`,
  // log₂ e = 1 + 0.4427, so that f itself is not rounded.
  `fn binaryLogarithm(x: f32) -> f32 {
  if (!hasLogarithm(x)) { return logarithmOfOthers(x); }
  let f = scientific(x).y;
  let tail = logarithmTail(f) - 0.5 * f * f;
  return ((f + tail) * 0.44269504088896340735992 + tail + f) + scientific(x).x;
}`,
  // log₁₀ e and log₁₀ 2 in two parts each, the first of which have so few bits that products with them are exact.
  `fn decimalLogarithm(x: f32) -> f32 {
  if (!hasLogarithm(x)) { return logarithmOfOthers(x); }
  let parts = scientific(x);
  let tail = logarithmTail(parts.y) - 0.5 * parts.y * parts.y;
  let rest = (parts.y + tail) * 7.00731903251827651129e-4 + tail * 0.43359375 + parts.x * 2.48745663981195213739e-4;
  return (rest + parts.y * 0.43359375) + parts.x * 0.30078125;
}`,
  // What 1 + x was rounded by is made good in first order.
  `fn logarithmOfOnePlus(x: f32) -> f32 {
  if (x > -0.2928 && x < 0.4142) { return logarithmNearOne(x, 0.0); }
  let sum = 1.0 + x;
  if (!(sum > 0.0 && sum < 1e7)) { return logarithm(sum); }
  return logarithm(sum) + (x - (sum - 1.0)) / sum;
}`,
  `fn hyperbolicTangent(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let size = abs(x);
  if (size < 0.625) {
    let z = x * x;
    return ((((-5.70498872745e-3 * z + 2.06390887954e-2) * z - 5.37397155531e-2) * z + 1.33314422036e-1) * z
      - 3.33332819422e-1) * z * x + x;
  }
  let value = select(1.0 - 2.0 / (exponential(2.0 * size) + 1.0), 1.0, size > 9.1);
  return select(value, -value, x < 0.0);
}`,
  'fn leadingBits(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }',
  // a − b·c for a product near a, in parts whose products are exact (T. J. Dekker, 1971): `fma` may be a product and a sum.
  `fn remainderOf(a: f32, b: f32, c: f32) -> f32 {
  let b1 = leadingBits(b);
  let b2 = b - b1;
  let c1 = leadingBits(c);
  let c2 = c - c1;
  return (((a - b1 * c1) - b1 * c2) - b2 * c1) - b2 * c2;
}`,
  // e^−|x| and 1 + e^−|x| in two parts each. Quotients of GPUs are within 2.5 units (WGSL, section 15.7.4): what this one and
  // the first parts leave makes it good.
  `fn logistic(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let size = max(-abs(x), -104.0);
  let n = floor(size * 1.44269504 + 0.5);
  let tail = exponentialTail(withoutHalvings(size, n));
  let power = rounded(1.0 + tail);
  let e = scaleByPowerOfTwo(power, i32(n));
  let eRest = scaleByPowerOfTwo((1.0 - power) + tail, i32(n));
  let denominator = rounded(1.0 + e);
  let denominatorRest = (1.0 - denominator) + e;
  let numerator = select(1.0, e, x < 0.0);
  let numeratorRest = select(0.0, eRest, x < 0.0);
  let quotient = rounded(numerator / denominator);
  let rest = remainderOf(numerator, quotient, denominator) + (numeratorRest - quotient * (denominatorRest + eRest));
  return quotient + rest / denominator;
}`,
  `fn softplusOf(x: f32) -> f32 {
  return select(0.0, x, x > 0.0) + logarithmOfOnePlus(exponential(-abs(x)));
}`,
  // The sigmoid is e^x for very negative numbers, which may be too small for a float where x·e^x is not; −∞ times 0 would be NaN.
  `fn siluOf(x: f32) -> f32 {
  if (x < -110.0) { return 0.0; }
  if (x < -40.0) {
    let n = floor(x * 1.44269504 + 0.5);
    return scaleByPowerOfTwo(x * (1.0 + exponentialTail(withoutHalvings(x, n))), i32(n));
  }
  return x * logistic(x);
}`,
  // N. Juffa's minimax polynomials for the error function in single precision.
  `fn errorFunction(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let t = abs(x);
  let s = x * x;
  if (t < 1e-12) { return x * 1.12837917; }
  if (t <= 0.927734375) {
    let q = ((((-5.96761703e-4 * s + 4.99119423e-3) * s - 2.67681349e-2) * s + 1.12819925e-1) * s - 3.76125336e-1) * s
      + 1.28379166e-1;
    return q * x + x;
  }
  if (t > 4.0) { return select(1.0, -1.0, x < 0.0); }
  let high = (-1.72853470e-5 * t + 3.83197126e-4) * s + (-3.88396438e-3 * t + 2.42546219e-2);
  let q = ((high * t - 1.06777877e-1) * t - 6.34846687e-1) * t - 1.28717512e-1;
  let value = 1.0 - exponential(q * t - t);
  return select(value, -value, x < 0.0);
}`,
  // Chebyshev's fit of W. H. Press et al., "Numerical Recipes", section 6.2; e^(−x²) in two factors, the first of which has
  // an exact exponent.
  `fn errorComplement(x: f32) -> f32 {
  if (!(x > 0.5)) { return 1.0 - errorFunction(x); }
  if (x > 10.5) { return 0.0; }
  let t = 1.0 / (1.0 + 0.5 * x);
  let q = ((((((((0.17087277 * t - 0.82215223) * t + 1.48851587) * t - 1.13520398) * t + 0.27886807) * t
    - 0.18628806) * t + 0.09678418) * t + 0.37409196) * t + 1.00002368) * t - 1.26551223;
  let high = bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
  return t * exponential(-high * high) * exponential((high - x) * (high + x) + q);
}`,
  `fn geluOf(x: f32) -> f32 {
  if (x < -14.8) { return 0.0; }
  return 0.5 * x * errorComplement(x * -0.70710678);
}`,
  `fn multiplyHigh(a: u32, b: u32) -> u32 {
  let middle1 = (a >> 16u) * (b & 0xffffu) + (((a & 0xffffu) * (b & 0xffffu)) >> 16u);
  let middle2 = (a & 0xffffu) * (b >> 16u) + (middle1 & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle1 >> 16u) + (middle2 >> 16u);
}`,
  // 32 bits of 2/π from a position on, the first 32 of which are zeros.
  `var<private> twoOverPi: array<u32, 9> = array<u32, 9>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u,
  0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u);`,
  `fn twoOverPiBits(position: u32) -> u32 {
  let word = position >> 5u;
  let shift = position & 31u;
  if (shift == 0u) { return twoOverPi[word]; }
  return (twoOverPi[word] << shift) | (twoOverPi[word + 1u] >> (32u - shift));
}`,
  // The method of M. Payne and R. Hanek (1983): of x·2/π only the bits that count modulo 4 are multiplied out, as integers.
  `fn quarterTurns(x: f32, shift: u32) -> f32 {
  let bits = magnitudeBits(x);
  if (bits >= 0x7f800000u) { return notANumber(); }
  var quarter = shift;
  var r = x;
  if (bits > 0x3f490fdau) {
    let position = (bits >> 23u) - 120u;
    let mantissa = (bits & 0x7fffffu) | 0x800000u;
    let low = twoOverPiBits(position + 64u);
    let middle = twoOverPiBits(position + 32u);
    let carried = multiplyHigh(mantissa, low);
    let second = mantissa * middle + carried;
    let first = mantissa * twoOverPiBits(position) + multiplyHigh(mantissa, middle) + select(0u, 1u, second < carried);
    let third = mantissa * low;
    var fraction = (first << 2u) | (second >> 30u);
    var rest = (second << 2u) | (third >> 30u);
    var turns = first >> 30u;
    let isPast = fraction >= 0x80000000u;
    if (isPast) {
      turns += 1u;
      fraction = ~fraction;
      rest = ~rest;
    }
    // The leading 12 bits times those of π/2 are exact in a float: what is rounded is the small rest.
    let zeros = countLeadingZeros(fraction);
    let leading = select((fraction << (zeros & 31u)) | select(rest >> ((32u - zeros) & 31u), 0u, zeros == 0u), rest, zeros > 31u);
    let high = f32((leading >> 20u) << 12u);
    let lower = f32(leading & 0xfffffu) * 0.00390625;
    r = (high * 1.5703125 + (lower * 1.57079637 + high * 4.83826795e-4)) * powerOfTwo(-24 - i32(zeros));
    let isNegative = bitcast<u32>(x) >= 0x80000000u;
    if (isNegative != isPast) { r = -r; }
    quarter = shift + select(turns, 0u - turns, isNegative);
  }
  let q = r * r;
  var value: f32;
  if ((quarter & 1u) == 0u) {
    value = ((-1.9515295891e-4 * q + 8.3321608736e-3) * q - 1.6666654611e-1) * q * r + r;
  } else {
    value = ((2.443315711809948e-5 * q - 1.388731625493765e-3) * q + 4.166664568298827e-2) * q * q - 0.5 * q + 1.0;
  }
  return select(value, -value, (quarter & 2u) != 0u);
}`,
  'fn tangent(x: f32) -> f32 { return quarterTurns(x, 0u) / quarterTurns(x, 1u); }',
  'fn withSignOf(size: f32, x: f32) -> f32 { return bitcast<f32>(magnitudeBits(size) | (bitcast<u32>(x) & 0x80000000u)); }',
  // For |x| ≤ 1/2.
  `fn smallArcsine(x: f32) -> f32 {
  let q = x * x;
  return ((((4.2163199048e-2 * q + 2.4181311049e-2) * q + 4.5470025998e-2) * q + 7.4953002686e-2) * q
    + 1.6666752422e-1) * q * x + x;
}`,
  // asin x = π/2 − 2·asin √((1 − x)/2) from 1/2 on.
  `fn arcsine(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let size = abs(x);
  if (size > 1.0) { return notANumber(); }
  if (size <= 0.5) { return smallArcsine(x); }
  return withSignOf(1.57079637 - 2.0 * smallArcsine(sqrt(0.5 * (1.0 - size))), x);
}`,
  `fn arccosine(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (abs(x) > 1.0) { return notANumber(); }
  if (x > 0.5) { return 2.0 * smallArcsine(sqrt(0.5 * (1.0 - x))); }
  if (x < -0.5) { return 3.14159274 - 2.0 * smallArcsine(sqrt(0.5 * (1.0 + x))); }
  return 1.57079637 - smallArcsine(x);
}`,
  // Brought below tan(π/8) by atan x = π/4 + atan((x − 1)/(x + 1)), or π/2 − atan(1/x).
  `fn arctangent(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let size = abs(x);
  var base = 0.0;
  var z = size;
  if (size > 2.41421356) {
    base = 1.57079637;
    z = -1.0 / size;
  } else if (size > 0.414213562) {
    base = 0.785398163;
    z = (size - 1.0) / (size + 1.0);
  }
  let q = z * z;
  let tail = (((8.05374449538e-2 * q - 1.38776856032e-1) * q + 1.99777106478e-1) * q - 3.33329491539e-1) * q * z;
  return withSignOf(base + (tail + z), x);
}`,
  // The angle of the point (x, y).
  `fn angleOfPoint(y: f32, x: f32) -> f32 {
  if (isNan(y)) { return y; }
  if (isNan(x)) { return x; }
  let a = abs(y);
  let b = abs(x);
  var angle = 0.785398163;
  if (a < b) { angle = arctangent(a / b); }
  if (a > b) { angle = 1.57079637 - arctangent(b / a); }
  if (magnitudeBits(y) == 0u) { angle = 0.0; }
  if (bitcast<u32>(x) >= 0x80000000u) { angle = 3.14159274 - angle; }
  return withSignOf(angle, y);
}`,
  // Infinite where one side is, whatever the other may be.
  `fn hypotenuse(a: f32, b: f32) -> f32 {
  let larger = max(magnitudeBits(a), magnitudeBits(b));
  if (magnitudeBits(a) == 0x7f800000u || magnitudeBits(b) == 0x7f800000u) { return infinity(); }
  if (larger > 0x7f800000u) { return notANumber(); }
  if (larger == 0u) { return 0.0; }
  let ratio = bitcast<f32>(min(magnitudeBits(a), magnitudeBits(b))) / bitcast<f32>(larger);
  return bitcast<f32>(larger) * sqrt(1.0 + ratio * ratio);
}`,
  // e^x/2 for x ≥ 0, which is in range where e^x no longer is: a compiler may take 0.5·r·r for 0.5·(r·r).
  `fn halfOfExponential(x: f32) -> f32 {
  if (x > 90.0) { return infinity(); }
  let n = floor(x * 1.44269504 + 0.5);
  return scaleByPowerOfTwo(1.0 + exponentialTail(withoutHalvings(x, n)), i32(n) - 1);
}`,
  // (e^x − e^−x)/2, near 0 by e^x − 1.
  `fn hyperbolicSine(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let size = abs(x);
  if (size < 1.0) {
    let e = exponentialMinusOne(size);
    return withSignOf(0.5 * (e + e / (e + 1.0)), x);
  }
  let half = halfOfExponential(size);
  return withSignOf(half - 0.25 / half, x);
}`,
  `fn hyperbolicCosine(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let half = halfOfExponential(abs(x));
  return half + 0.25 / half;
}`,
  // ln(x + √(x² + 1)), with the part of it that is small near 0; squares of what is large overflow.
  `fn hyperbolicArcsine(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let size = abs(x);
  if (size > 1e9) { return withSignOf(logarithm(size) + 0.693147181, x); }
  return withSignOf(logarithmOfOnePlus(size + size * size / (1.0 + sqrt(size * size + 1.0))), x);
}`,
  `fn hyperbolicArccosine(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (x < 1.0) { return notANumber(); }
  if (x > 1e9) { return logarithm(x) + 0.693147181; }
  return logarithmOfOnePlus((x - 1.0) + sqrt((x - 1.0) * (x + 1.0)));
}`,
  `fn hyperbolicArctangent(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let size = abs(x);
  if (size > 1.0) { return notANumber(); }
  if (size == 1.0) { return withSignOf(infinity(), x); }
  return withSignOf(0.5 * logarithmOfOnePlus(2.0 * size / (1.0 - size)), x);
}`,
  // Long division of the integers that the bits stand for, which is exact.
  `fn truncatedRemainder(a: f32, b: f32) -> f32 {
  if (isNan(a)) { return a; }
  if (isNan(b)) { return b; }
  let size = magnitudeBits(a);
  let divisor = magnitudeBits(b);
  if (size == 0x7f800000u || divisor == 0u) { return notANumber(); }
  if (size < divisor) { return a; }
  let exponent = max(divisor >> 23u, 1u);
  let by = (divisor & 0x7fffffu) | select(0u, 0x800000u, divisor >= 0x800000u);
  var rest = (size & 0x7fffffu) | select(0u, 0x800000u, size >= 0x800000u);
  for (var shifts = max(size >> 23u, 1u) - exponent; shifts > 0u; shifts--) {
    if (rest >= by) { rest -= by; }
    rest = rest << 1u;
  }
  if (rest >= by) { rest -= by; }
  return withSignOf(scaleByPowerOfTwo(f32(rest), i32(exponent) - 150), a);
}`,
  `fn flooredRemainder(a: f32, b: f32) -> f32 {
  let rest = truncatedRemainder(a, b);
  return select(rest, rest + b, (rest < 0.0 && b > 0.0) || (rest > 0.0 && b < 0.0));
}`,
  'fn integerRemainder(a: i32, b: i32) -> i32 { return select(a % select(b, 1, b == 0), 0, b == 0); }',
  `fn flooredIntegerRemainder(a: i32, b: i32) -> i32 {
  let rest = integerRemainder(a, b);
  return select(rest, rest + b, (rest < 0 && b > 0) || (rest > 0 && b < 0));
}`,
  `fn wholePower(a: f32, n: u32) -> f32 {
  var result = 1.0;
  var factor = a;
  var rest = n;
  while (rest > 0u) {
    if ((rest & 1u) == 1u) { result *= factor; }
    rest = rest >> 1u;
    if (rest > 0u) { factor *= factor; }
  }
  return result;
}`,
  // IEEE 754's power: 1^b and a^0 are 1 for whatever the other is; of a negative number NaN unless the exponent is whole.
  `fn power(a: f32, b: f32) -> f32 {
  if (b == 0.0 || a == 1.0) { return 1.0; }
  if (isNan(a)) { return a; }
  if (isNan(b)) { return b; }
  let size = abs(a);
  if (size == 1.0 && !isFinite(b)) { return 1.0; }
  let isWhole = floor(b) == b || abs(b) >= 8388608.0;
  let isOdd = isWhole && abs(b) < 16777216.0 && (i32(b) & 1) == 1;
  if (a < 0.0 && isFinite(a) && !isWhole) { return notANumber(); }
  var result: f32;
  if (magnitudeBits(a) == 0u || !isFinite(a)) {
    result = select(0.0, infinity(), (magnitudeBits(a) == 0u) == (b < 0.0));
  } else if (!isFinite(b)) {
    result = select(0.0, infinity(), (size > 1.0) == (b > 0.0));
  } else if (isWhole && abs(b) <= 32.0) {
    result = wholePower(size, u32(abs(b)));
    if (b < 0.0) { result = 1.0 / result; }
  } else {
    result = exponential(b * logarithm(size));
  }
  return select(result, -result, bitcast<u32>(a) >= 0x80000000u && isOdd);
}`,
  // Modulo 2^32; what is no integer is cut off.
  `fn integerPower(a: i32, b: i32) -> i32 {
  if (b < 0) {
    if (a == 1) { return 1; }
    if (a == -1) { return select(1, -1, (b & 1) != 0); }
    return 0;
  }
  var result = 1;
  var factor = a;
  var rest = b;
  while (rest > 0) {
    if ((rest & 1) == 1) { result *= factor; }
    rest = rest >> 1u;
    factor *= factor;
  }
  return result;
}`,
  'fn integerQuotient(a: i32, b: i32) -> i32 { return select(a / select(b, 1, b == 0), 0, b == 0); }',
];

/** The name that a declaration declares. */
function nameOf(declaration: string): string {
  return /^(?:fn|var<private>) (\w+)/.exec(declaration)![1]!;
}

const library = new Map(
  [...bitFunctions, ...elementaryFunctions, ...philoxFunctions].map((text) => [nameOf(text), text]),
);

/** The text with the functions of this library that it calls, and those that they call. */
export function linked(text: string): string {
  const found = new Map<string, string>();
  const visit = (part: string): void => {
    for (const [word] of part.matchAll(/\b[a-z]\w+\b/g)) {
      const declaration = library.get(word);
      if (declaration === undefined || found.has(word)) continue;
      found.set(word, declaration);
      visit(declaration);
    }
  };
  visit(text);
  return [...found.values(), text].join('\n');
}

/** Beyond 2^23 every float is an integer; NaN and infinities go the same way. */
const unlessInteger = (value: string): string => `select(v, ${value}, magnitudeBits(v) < 0x4b000000u)`;

/** Each unary operator as an expression of `v`, a float. NaN stays NaN. */
export const unaryExpressions: Readonly<Record<UnaryName, string>> = {
  neg: 'bitcast<f32>(bitcast<u32>(v) ^ 0x80000000u)',
  abs: 'bitcast<f32>(magnitudeBits(v))',
  sign: 'select(v, select(-1.0, 1.0, v > 0.0), !isNan(v) && v != 0.0)',
  exp: 'exponential(v)',
  exp2: 'powerOfTwoOf(v)',
  expm1: 'exponentialMinusOne(v)',
  log: 'logarithm(v)',
  log2: 'binaryLogarithm(v)',
  log10: 'decimalLogarithm(v)',
  log1p: 'logarithmOfOnePlus(v)',
  sqrt: 'select(select(sqrt(v), notANumber(), v < 0.0), v, isNan(v) || v == infinity())',
  reciprocal: '1.0 / v',
  square: 'v * v',
  sin: 'quarterTurns(v, 0u)',
  cos: 'quarterTurns(v, 1u)',
  tan: 'tangent(v)',
  asin: 'arcsine(v)',
  acos: 'arccosine(v)',
  atan: 'arctangent(v)',
  sinh: 'hyperbolicSine(v)',
  cosh: 'hyperbolicCosine(v)',
  tanh: 'hyperbolicTangent(v)',
  asinh: 'hyperbolicArcsine(v)',
  acosh: 'hyperbolicArccosine(v)',
  atanh: 'hyperbolicArctangent(v)',
  sigmoid: 'logistic(v)',
  relu: 'select(v, 0.0, v < 0.0 && !isNan(v))',
  silu: 'siluOf(v)',
  gelu: 'geluOf(v)',
  softplus: 'softplusOf(v)',
  erf: 'errorFunction(v)',
  erfc: 'errorComplement(v)',
  floor: unlessInteger('floor(v)'),
  ceil: unlessInteger('ceil(v)'),
  round: unlessInteger('round(v)'),
  trunc: unlessInteger('trunc(v)'),
};
