import { backward, Linear, normal, oneProcess, type Parameter, Sequential, scope, setSeed } from '@pnn/nn';
import { expect, it } from 'vitest';
import { OutgoingGradients } from '../../src/training/outgoing-gradients.js';

it('sends gradients in the order in which backward comes to them, before it has ended', async () => {
  setSeed(1);
  // A weight of 4 MiB and more leaves at once; what is less waits for others.
  const network = new Sequential(new Linear(1024, 1024), new Linear(1024, 1025), new Linear(1025, 2));
  const parameters = network.parameters();
  const events: string[] = [];
  const names = new Map<Parameter, string>(Array.from(network.namedParameters(), ([name, each]) => [each, name]));
  const outgoing = new OutgoingGradients({
    ...oneProcess,
    beginSum: (tensors) => {
      events.push(`begin ${tensors.length}`);
      return {
        poll: () => {
          if (events.at(-1) !== 'poll') events.push('poll');
        },
        finish: async () => void events.push('finish'),
      };
    },
  });
  scope(() => {
    const loss = network
      .forward(normal([3, 1024]))
      .square()
      .mean();
    const progress = outgoing.follow(parameters, (parameter, gradient) => {
      expect(parameter.grad).toBe(gradient);
      events.push(names.get(parameter)!);
    });
    backward(loss, { progress });
  });
  events.push('end of backward');
  await outgoing.finish();
  expect(events.filter((event) => event !== 'poll')).toEqual([
    ...['2.bias', '2.weight', '1.bias', '1.weight', 'begin 4', '0.bias', '0.weight', 'begin 2'],
    ...['end of backward', 'finish', 'finish'],
  ]);
  expect(events.slice(events.indexOf('begin 4')).indexOf('poll')).toBe(1);
  expect(parameters.every((parameter) => outgoing.has(parameter))).toBe(true);
  network.dispose();
});
