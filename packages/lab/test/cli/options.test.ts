import { expect, it } from 'vitest';
import { Options } from '../../src/cli/options.js';

it.each(['constructor', 'toString', '__proto__'])('no option is inherited from objects: --%s', (name) => {
  expect(() => new Options('pnn x', [`--${name}`], {})).toThrow(`pnn x: there is no option --${name}`);
});
