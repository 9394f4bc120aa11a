import { describe, expect, it } from 'vitest';
import {
  BatchNorm1d,
  LastingScope,
  Linear,
  Module,
  normal,
  PausableForward,
  Sequential,
  type Tensor,
  tensor,
} from '../src/index.js';

/** Counts its forwards, and leaves something aside. */
class Counting extends Module {
  runs = 0;
  aside: Tensor | undefined;

  override forward(x: Tensor): Tensor {
    this.runs++;
    this.aside = x.sum();
    return x.mul(2);
  }
}

describe('PausableForward', () => {
  it('pauses at each BatchNorm, and computes every module once', () => {
    const [first, second] = [new Counting(), new Counting()];
    const network = new Sequential(
      new Linear(3, 4),
      first,
      new BatchNorm1d(4),
      second,
      new BatchNorm1d(4),
      new Linear(4, 2),
    );
    const heard: Module[] = [];
    for (const module of [first, second]) module.addForwardHook((each) => heard.push(each));
    using scope = new LastingScope();
    using forward = new PausableForward(2, true);
    const statistics = () => scope.run(() => [0, 1].map((value) => tensor([value, value, value, value])));
    const x = scope.run(() => normal([5, 3]));
    const run = (answer?: readonly Tensor[]) => scope.run(() => forward.run(() => network.forward(x), answer));

    const paused = run();
    expect('own' in paused && paused.own.map(({ shape }) => shape)).toEqual([[4], [4]]);
    const { aside } = first;
    first.aside = undefined;
    expect('own' in run(statistics())).toBe(true);
    expect(first.aside).toBe(aside);
    const ended = run(statistics());
    expect('result' in ended && ended.result.shape).toEqual([5, 2]);
    expect([first.runs, second.runs]).toEqual([1, 1]);
    expect(heard).toEqual([first, second]);
    network.dispose();
  });

  it('lets other errors through, and other forwards be as they are', () => {
    const forward = new PausableForward(2, true);
    expect(() =>
      forward.run(() => {
        throw new RangeError('mine');
      }),
    ).toThrow(new RangeError('mine'));
    using scope = new LastingScope();
    const network = new BatchNorm1d(3);
    expect(scope.run(() => network.forward(normal([4, 3]))).shape).toEqual([4, 3]);
    network.dispose();
  });
});
