import { ArgumentError } from '@pnn/tensor';
import { expect, it } from 'vitest';
import { Registry } from '../src/index.js';

const animals = () => new Registry('animal', [{ name: 'cat', legs: 4 }]);

it('a registry gives what was registered, by name and in order', () => {
  const registry = animals();
  registry.register({ name: 'hen', legs: 2 });
  expect(registry.get('hen').legs).toBe(2);
  expect(registry.names()).toEqual(['cat', 'hen']);
  expect(registry.entries().map(({ legs }) => legs)).toEqual([4, 2]);
  expect([registry.has('hen'), registry.has('toString')]).toEqual([true, false]);
});

it('an unknown name is answered with the known ones', () => {
  expect(() => animals().get('toString')).toThrow(new ArgumentError("no animal is called 'toString'; there are cat"));
});

it('a name is taken once, until its entry is removed', () => {
  const registry = animals();
  const remove = registry.register({ name: 'hen', legs: 2 });
  expect(() => registry.register({ name: 'hen', legs: 3 })).toThrow("the name 'hen' is taken by another animal");
  remove();
  registry.register({ name: 'hen', legs: 3 });
  remove();
  expect(registry.get('hen').legs).toBe(3);
  expect(() => registry.register({ name: '', legs: 0 })).toThrow(ArgumentError);
});
