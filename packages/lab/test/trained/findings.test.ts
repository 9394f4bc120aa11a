import { FormatError } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFindings } from '../../src/index.js';

const head = { version: 1, created: '2025-06-01T12:34:56Z', software: '@pnn/lab 0.1.0' };
const layer = { name: '3', bound: 6, byIntervals: 'Infinity', proven: 0.9, reached: 0.7, verdict: 'inside' };
const tail = { threshold: 0.5, exceedances: 40, shape: -0.1, scale: 0.05, probability: 0, upper: 1e-5 };
const statistics = { samples: 1000, outside: 0, upper: 0.0046, tail };
const certificate = {
  kind: 'certify',
  ...head,
  model: 'polynomial.safetensors',
  box: [0, 1],
  searches: 10,
  layers: [{ ...layer, statistics: null }],
  network: statistics,
  data: 'mnist/test',
};

describe('parseFindings', () => {
  it('gives numbers, also those that JSON does not have', () => {
    const found = parseFindings(JSON.stringify(certificate));
    expect(found).toEqual({
      ...certificate,
      layers: [{ ...layer, byIntervals: Number.POSITIVE_INFINITY, statistics: null }],
    });
  });

  it.each([
    [{ ...certificate, kind: 'train' }, 'certify.json.kind must be "evaluate" or "predict" or '],
    [{ ...certificate, version: 2 }, 'certify.json.version must be 1, not 2'],
    [{ ...certificate, box: [0] }, 'certify.json.box must be two numbers'],
    [{ ...certificate, network: { ...statistics, outside: -1 } }, 'certify.json.network.outside must be an integer of'],
    [{ ...certificate, layers: [layer] }, 'certify.json.layers[0].statistics must be an object'],
  ])('refuses what no command has written (%#)', (value, message) => {
    expect(() => parseFindings(JSON.stringify(value), 'certify.json')).toThrow(FormatError);
    expect(() => parseFindings(JSON.stringify(value), 'certify.json')).toThrow(message);
  });

  it('refuses damaged text in one sentence, or gives what it says', () => {
    const json = JSON.stringify(certificate);
    fc.assert(
      fc.property(fc.nat(json.length - 1), fc.string({ maxLength: 3 }), fc.nat(3), (at, text, dropped) => {
        const damaged = json.slice(0, at) + text + json.slice(at + dropped);
        try {
          parseFindings(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          return;
        }
        JSON.parse(damaged);
      }),
    );
  });
});
