import { mlp } from '@pnn/models';
import { ArrayDataset } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import { runProgram } from '../../src/compile/program.js';
import { programOf } from '../../src/compile/program-of.js';
import { type CompileOptions, compile } from '../../src/compile.js';
import type { Plan } from '../../src/plan/plan.js';

const SIZE = 12;
const inputs = Float32Array.from({ length: 20 * SIZE }, (_, i) => (1 + Math.sin(1.7 * i)) / 2);
const data = new ArrayDataset({ inputs, inputShape: [SIZE], labels: new Int32Array(20) });

/** One of the inputs that the plan was calibrated with. */
export const sample = inputs.slice(0, SIZE);

/** A plan that is fast to serve, with the logits of the sample. */
export async function smallPlan(
  options: Partial<CompileOptions> = {},
): Promise<{ readonly plan: Plan; readonly logits: Float64Array }> {
  const network = mlp({
    inputs: SIZE,
    hidden: [9],
    classes: 3,
    activation: () => new PolynomialActivation({ degree: 2, bound: 6 }),
  });
  const plan = await compile(network, { input: [SIZE], calibrate: data, ...options });
  return { plan, logits: runProgram(await programOf(network, [SIZE]), sample).logits };
}
