import type { Kernels } from '../../../kernels.js';
import { values } from '../../host/host.js';

export const update: Pick<Kernels, 'euclideanNorm' | 'sgd' | 'adam'> = {
  euclideanNorm(operands, out) {
    let total = 0;
    for (const operand of operands) {
      for (const value of values(operand)) total += value * value;
    }
    values(out)[0] = Math.sqrt(total);
  },
  sgd(parameter, gradient, velocity, { learningRate, momentum, dampening, weightDecay, nesterov, first }) {
    const target = values(parameter);
    const slopes = values(gradient);
    const speeds = velocity && values(velocity);
    for (let i = 0; i < target.length; i++) {
      let slope = slopes[i]! + weightDecay * target[i]!;
      if (speeds) {
        const speed = first ? slope : momentum * speeds[i]! + (1 - dampening) * slope;
        speeds[i] = speed;
        slope = nesterov ? slope + momentum * speed : speed;
      }
      target[i]! -= learningRate * slope;
    }
  },
  adam(parameter, gradient, moment1, moment2, settings) {
    const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, step } = settings;
    const target = values(parameter);
    const slopes = values(gradient);
    const means = values(moment1);
    const squares = values(moment2);
    const meanCorrection = 1 - beta1 ** step;
    const squareCorrection = 1 - beta2 ** step;
    const shrink = decoupled ? 1 - learningRate * weightDecay : 1;
    const pull = decoupled ? 0 : weightDecay;
    for (let i = 0; i < target.length; i++) {
      const slope = slopes[i]! + pull * target[i]!;
      const mean = beta1 * means[i]! + (1 - beta1) * slope;
      const square = beta2 * squares[i]! + (1 - beta2) * slope * slope;
      means[i] = mean;
      squares[i] = square;
      const direction = mean / meanCorrection / (Math.sqrt(square / squareCorrection) + epsilon);
      target[i] = target[i]! * shrink - learningRate * direction;
    }
  },
};
