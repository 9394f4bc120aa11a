/**
 * Prints the table of docs/distributed.md: how much of its time a machine computes when several train one network, by links of
 * several speeds. On paper:
 *
 *     npx tsx benchmarks/scaling.ts
 *
 * - a step of a ResNet-18 on 128 CIFAR-10 images for each machine is 430 billion operations (0.56 billion products a sample, forward,
 *   and twice that backward), 0.55 s on 16 cores of 50 GFLOP/s each;
 * - its gradients are 44.7 MB, of which 2(1 − 1/n) leave each machine and as many arrive at the same time;
 * - TCP and MPI leave 94% of a link for them (1448 of 1538 bytes of a frame on the cable);
 * - copies and additions of one exchange take 20 ms, as without any network (benchmarks/exchange.ts);
 * - with overlap, half of the step can hide an exchange: backward takes two thirds, and begins with what is not complete yet. A
 *   tenth of the exchange, that of the layers that backward comes to last, cannot be hidden.
 */
const STEP_SECONDS = 0.55;
const GRADIENT_BYTES = 44.7e6;
const LINK_SHARE = 0.94;
const MEMORY_SECONDS = 0.02;
const HIDING_SHARE = 0.5;
const LAST_SHARE = 0.1;

const machines = [2, 4, 8, 16, 64, 256];

function exchangeSeconds(count: number, gigabits: number): number {
  const bytes = 2 * (1 - 1 / count) * GRADIENT_BYTES;
  return (8 * bytes) / (gigabits * 1e9 * LINK_SHARE) + MEMORY_SECONDS;
}

/** Computing as a share of the time, in percent: what each of the machines does of what it would do alone. */
function efficiency(waiting: number): string {
  return ((100 * STEP_SECONDS) / (STEP_SECONDS + waiting)).toFixed(0);
}

console.log(`| link | ${machines.map((count) => `${count} machines`).join(' | ')} |`);
console.log(`| --- |${' --- |'.repeat(machines.length)}`);
for (const gigabits of [1, 10, 100]) {
  const cells = machines.map((count) => {
    const exchange = exchangeSeconds(count, gigabits);
    const left = Math.max(exchange - HIDING_SHARE * STEP_SECONDS, LAST_SHARE * exchange);
    return `${efficiency(exchange)} / ${efficiency(left)}`;
  });
  console.log(`| ${gigabits} Gbit/s | ${cells.join(' | ')} |`);
}
