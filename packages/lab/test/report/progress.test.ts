import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProgressBar } from '../../src/report/progress.js';
import { FakeTerminal } from './fake-terminal.js';

/** A clock that stands still until it is moved. */
function clock(): { now: () => number; advance: (milliseconds: number) => void } {
  let time = 1000;
  return {
    now: () => time,
    advance: (milliseconds) => {
      time += milliseconds;
    },
  };
}

describe('ProgressBar', () => {
  it('shows step, loss, accuracy, rate and the time left on one line', () => {
    const terminal = new FakeTerminal(120);
    const { now, advance } = clock();
    const bar = new ProgressBar(terminal, { total: 400, label: 'epoch 2/5', now });
    advance(4000);
    bar.update(100, { loss: 0.12344, accuracy: 0.9612 });
    expect(terminal.screen).toEqual([
      `epoch 2/5  ${'━'.repeat(7)}${'─'.repeat(21)} 100/400  loss 0.1234  accuracy 96.12%  25 steps/s  0:12 left`,
    ]);
  });

  it('redraws in place and leaves nothing behind', () => {
    const terminal = new FakeTerminal(80);
    const { now, advance } = clock();
    terminal.write('before\n');
    const bar = new ProgressBar(terminal, { total: 10, label: 'a long label at first', now });
    for (let step = 1; step <= 10; step++) {
      advance(150);
      bar.update(step, step < 5 ? { loss: 1 / step, accuracy: 0.5 } : {});
      expect(terminal.screen).toHaveLength(2);
    }
    bar.clear();
    terminal.write('after\n');
    expect(terminal.screen).toEqual(['before', 'after']);
  });

  it('draws at most once an interval, but always the last step', () => {
    const terminal = new FakeTerminal(80);
    const { now, advance } = clock();
    const bar = new ProgressBar(terminal, { total: 1000, interval: 100, now });
    for (let step = 1; step <= 1000; step++) {
      advance(1);
      bar.update(step);
    }
    expect(terminal.writes.length).toBe(11);
    expect(terminal.screen[0]).toContain('1000/1000');
    expect(terminal.screen[0]).not.toContain('─');
  });

  it('draws at once after it was cleared, and clears only what is there', () => {
    const terminal = new FakeTerminal(80);
    const bar = new ProgressBar(terminal, { total: 10, now: () => 0 });
    bar.clear();
    expect(terminal.writes).toEqual([]);
    bar.update(1);
    bar.update(2);
    expect(terminal.screen[0]).toContain(' 1/10');
    bar.clear();
    bar.update(2);
    expect(terminal.screen[0]).toContain(' 2/10');
  });

  it('writes nothing where there is no terminal', () => {
    const writes: string[] = [];
    const bar = new ProgressBar({ write: (text) => writes.push(text) }, { total: 2 });
    bar.update(1, { loss: 1 });
    bar.update(2);
    bar.clear();
    expect(writes).toEqual([]);
  });

  it('never fills a terminal of any width, whatever the numbers', () => {
    const number = fc.oneof(fc.double(), fc.nat());
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.nat(),
        number,
        number,
        fc.string(),
        (columns, total, loss, step, label) => {
          const terminal = new FakeTerminal(columns);
          const { now, advance } = clock();
          const bar = new ProgressBar(
            { write: (t) => terminal.writes.push(t), isTTY: true, columns },
            { total, label, now },
          );
          advance(500);
          bar.update(step, { loss, accuracy: loss });
          const line = terminal.writes.at(-1)!.replace('\r\u001b[J', '');
          expect(line).not.toMatch(/\p{Cc}/u);
          expect([...line].length).toBeLessThan(Math.max(2, columns));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps what matters most where there is little room', () => {
    const lineAt = (columns: number) => {
      const terminal = new FakeTerminal(columns);
      const { now, advance } = clock();
      const bar = new ProgressBar(terminal, { total: 400, label: 'epoch 2/5', now });
      advance(4000);
      bar.update(100, { loss: 0.5, accuracy: 0.9 });
      return terminal.screen[0];
    };
    expect(lineAt(64)).toBe('epoch 2/5  100/400  loss 0.5  accuracy 90.00%  0:12 left');
    expect(lineAt(40)).toBe('epoch 2/5  100/400  loss 0.5  0:12 left');
    expect(lineAt(30)).toBe('100/400  loss 0.5  0:12 left');
    expect(lineAt(20)).toBe('100/400  loss 0.5');
    expect(lineAt(9)).toBe('100/400');
    expect(lineAt(5)).toBe('100…');
  });

  it('cleans up after the terminal became narrower or wider', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 4, max: 120 }), { minLength: 2, maxLength: 8 }), (widths) => {
        const terminal = new FakeTerminal(widths[0]!);
        const { now, advance } = clock();
        terminal.write('abc\n');
        const bar = new ProgressBar(terminal, { total: 400, label: 'epoch 2/5', now });
        for (const width of widths) {
          terminal.resize(width);
          advance(1000);
          bar.update(100, { loss: 0.5, accuracy: 0.9 });
          expect(terminal.screen).toHaveLength(2);
          expect(terminal.screen[0]).toBe('abc');
        }
        terminal.resize(7);
        bar.clear();
        expect(terminal.screen).toEqual(['abc']);
      }),
    );
  });
});
