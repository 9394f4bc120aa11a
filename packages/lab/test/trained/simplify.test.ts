import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadNetwork } from '@pnn/models/node';
import {
  defaultPolynomial,
  effectivePolynomials,
  type FittedPolynomial,
  fitPolynomial,
  polynomialActivations,
} from '@pnn/pnn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../src/commands/evaluate.js';
import { simplify } from '../../src/commands/simplify.js';
import { evaluateTrained } from '../../src/trained/evaluation.js';
import { Simplification } from '../../src/trained/simplification.js';
import { toySplits } from '../experiment/toy-images.js';
import { parseHtml } from '../report/parse-html.js';
import { findingsIn } from './findings-in.js';
import { printed } from './terminal.js';
import { registerToy, trainToy } from './toy-network.js';

registerToy();

let folder: string;
let path: string;
beforeAll(async () => {
  ({ folder, path } = await trainToy({ epochs: 6 }, { degree: 8 }));
});
afterAll(() => rm(folder, { recursive: true }));

describe('pnn simplify', () => {
  it('lowers degree after degree, and writes the network that was chosen', async () => {
    const original = await readFile(path);
    const words = ['--dataset', 'toy', '--steps', '3', '--tolerance', '100', '--out', folder];
    const { status, text } = await printed(simplify, path, ...words);
    expect(status).toBe(0);
    expect(Buffer.compare(await readFile(path), original)).toBe(0);
    const { points, chosen } = await findingsIn(folder, 'simplify');
    // Each of the two polynomials goes from degree 8 by 6 to 2: a level, then another.
    expect(points.map(({ depth }) => depth)).toEqual([11, 10, 9, 8, 7]);
    expect(points[0]!.degrees).toEqual([8, 8]);
    expect(points.at(-1)!.degrees).toEqual([2, 2]);
    points.slice(1).forEach(({ degrees }, i) => {
      expect(degrees.filter((degree, k) => degree !== points[i]!.degrees[k])).toHaveLength(1);
    });
    // Any loss is allowed: the shallowest is taken.
    expect(chosen).toBe(4);
    const { network, description } = await loadNetwork(join(folder, 'simplified.safetensors'));
    expect(polynomialActivations(network).map(([, { fit }]) => fit.degree)).toEqual([2, 2]);
    expect(description.activations.map(({ degree }) => degree)).toEqual([2, 2]);

    // The file holds the network that was measured.
    await printed(evaluate, join(folder, 'simplified.safetensors'), '--dataset', 'toy', '--out', folder);
    const evaluation = await findingsIn(folder, 'evaluate');
    expect(evaluation.loss).toBeCloseTo(points[4]!.test.loss, 5);
    expect(evaluation.layers.map(({ degree }) => degree)).toEqual([2, 2]);
    expect(text).toMatch(/7 levels instead of 11/);
    parseHtml(await readFile(join(folder, 'simplify.html'), 'utf8'));
  });

  it('keeps to what may be lost, or to the levels that are wanted', async () => {
    await printed(simplify, path, '--dataset', 'toy', '--steps', '0', '--tolerance', '0', '--out', folder);
    const { points, chosen } = await findingsIn(folder, 'simplify');
    expect(points[chosen]!.accuracy).toBeGreaterThanOrEqual(points[0]!.accuracy!);
    for (const [i, { depth, accuracy }] of points.entries()) {
      if (accuracy! >= points[0]!.accuracy!) expect(points[chosen]!.depth, `point ${i}`).toBeLessThanOrEqual(depth);
    }
    await printed(simplify, path, '--dataset', 'toy', '--steps', '0', '--depth', '9', '--out', folder);
    const wanted = await findingsIn(folder, 'simplify');
    expect(wanted.points.at(-1)!.depth).toBe(9);
    expect(wanted.points[wanted.chosen]!.depth).toBe(9);
  });

  it('keeps a lowered polynomial like the one before where inputs lie, also on a wide range', async () => {
    const bound = { ...defaultPolynomial.bound, margin: 5 };
    const wide = await trainToy({}, { degree: 4, bound });
    try {
      const { network, description } = await loadNetwork(wide.path);
      const activations = polynomialActivations(network);
      const evaluated = async () =>
        (await Promise.all(activations.map(([, each]) => effectivePolynomials(each)))).flat();
      const before = await evaluated();
      const trained = { path: wide.path, network, description, activations };
      const options = { tolerance: 1, depth: null, steps: 0, lr: 1e-3, minDegree: 2 };
      await new Simplification(trained, toySplits(96, 40), options).run();
      const after = await evaluated();
      expect(after.map(({ degree }) => degree)).toEqual([2, 2]);
      // Behind BatchNorm inputs are about normal.
      const density = (x: number) => Math.exp(-(x ** 2) / 2);
      for (const [i, polynomial] of before.entries()) {
        const goal = (x: number) => polynomial.evaluate(x);
        const deviation = (other: FittedPolynomial) => {
          const xs = Array.from({ length: 81 }, (_, k) => (k - 40) / 10);
          return xs.reduce((sum, x) => sum + density(x) * (other.evaluate(x) - goal(x)) ** 2, 0);
        };
        const flattened = fitPolynomial(goal, { degree: 2, bound: polynomial.bound, method: 'density', density });
        expect(deviation(after[i]!)).toBeLessThan(0.6 * deviation(flattened));
      }
    } finally {
      await rm(wide.folder, { recursive: true });
    }
  });

  it('ends where it is asked to, with the best of what was found', async () => {
    const { network, description } = await loadNetwork(path);
    const trained = { path, network, description, activations: polynomialActivations(network) };
    const abort = new AbortController();
    const options = { tolerance: 1, depth: null, steps: 4, lr: 1e-3, minDegree: 2 };
    const work = new Simplification(trained, toySplits(96, 40), options, {
      onStep: (round, step) => {
        if (round === 2 && step === 2) abort.abort();
      },
    });
    expect(await work.run(abort.signal)).toBe(1);
    expect(work.points).toHaveLength(2);
    expect(trained.activations.map(([, { fit }]) => fit.degree)).toEqual(work.points[1]!.degrees);
    const { loss } = await evaluateTrained(trained, toySplits(96, 40).test, 'toy/test');
    expect(loss).toBeCloseTo(work.points[1]!.test.loss, 6);
  });

  it('says so where the levels cannot be reached', async () => {
    const words = ['--dataset', 'toy', '--steps', '0', '--depth', '3', '--min-degree', '6', '--out', folder];
    const { text } = await printed(simplify, path, ...words);
    expect(text).toMatch(/! 3 levels were not reached: the simplest network takes 9/);
  });
});
