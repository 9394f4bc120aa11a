import type { FittedPolynomial } from '../fitting/index.js';
import type { Arithmetic, Term } from './arithmetic.js';
import { babyStepGiantStep } from './baby-step-giant-step.js';
import { evenOddHorner, horner } from './horner.js';

/** What it costs to evaluate a polynomial of t = x/B on a ciphertext. */
export interface SchemeCost {
  readonly scheme: string;
  /**
   * Levels: the multiplications one after another, those by known numbers included, since each is rescaled. The factor
   * 1/B of t is part of the layer before.
   */
  readonly depth: number;
  /** Products of two ciphertexts, squares included. */
  readonly multiplications: number;
  /** Products of a ciphertext and a known number. */
  readonly scalings: number;
}

interface Level {
  readonly depth: number;
}

/** Counts instead of computing. */
class Counter implements Arithmetic<Level> {
  multiplications = 0;
  scalings = 0;

  add(a: Level, b: Level): Level {
    return { depth: Math.max(a.depth, b.depth) };
  }

  subtract(a: Level, b: Level): Level {
    return this.add(a, b);
  }

  addConstant(a: Level): Level {
    return a;
  }

  multiply(a: Level, b: Level): Level {
    this.multiplications++;
    return { depth: Math.max(a.depth, b.depth) + 1 };
  }

  scale(a: Level): Level {
    this.scalings++;
    return { depth: a.depth + 1 };
  }
}

/** A way to evaluate polynomials, for any arithmetic. */
export type Scheme = <T extends object>(polynomial: FittedPolynomial, t: T, arithmetic: Arithmetic<T>) => Term<T>;

/** The cost of a scheme, found by running it with an arithmetic that counts. */
export function costOf(name: string, scheme: Scheme, polynomial: FittedPolynomial): SchemeCost {
  const counter = new Counter();
  const value = scheme(polynomial, { depth: 0 }, counter);
  const { multiplications, scalings } = counter;
  return { scheme: name, depth: typeof value === 'number' ? 0 : value.depth, multiplications, scalings };
}

/** By levels first, or by products of ciphertexts first. */
function cheaper(a: SchemeCost, b: SchemeCost, first: 'depth' | 'multiplications'): boolean {
  const second = first === 'depth' ? 'multiplications' : 'depth';
  return (a[first] - b[first] || a[second] - b[second] || a.scalings - b.scalings) < 0;
}

/** The cheapest of Paterson and Stockmeyer's method over all numbers of baby steps. */
function bestSteps(name: string, polynomial: FittedPolynomial, first: 'depth' | 'multiplications'): SchemeCost {
  const costs = Array.from({ length: Math.max(1, polynomial.degree) }, (_, i) =>
    costOf(name, (p, t, arithmetic) => babyStepGiantStep(p, t, arithmetic, i + 1), polynomial),
  );
  return costs.reduce((best, each) => (cheaper(each, best, first) ? each : best));
}

/**
 * What a polynomial costs on a ciphertext by Horner's method, by the even-odd form of the activation, and by Paterson and
 * Stockmeyer's method, once with the fewest products of ciphertexts and once with the fewest levels.
 */
export function schemeCosts(polynomial: FittedPolynomial): SchemeCost[] {
  return [
    costOf('Horner', horner, polynomial),
    costOf('even-odd Horner', evenOddHorner, polynomial),
    bestSteps('Paterson–Stockmeyer', polynomial, 'multiplications'),
    bestSteps('Paterson–Stockmeyer, fewest levels', polynomial, 'depth'),
  ];
}

/** The fewest levels that a polynomial takes, and the products of ciphertexts then. */
export function fewestLevels(polynomial: FittedPolynomial): SchemeCost {
  return schemeCosts(polynomial).reduce((best, each) => (cheaper(each, best, 'depth') ? each : best));
}
