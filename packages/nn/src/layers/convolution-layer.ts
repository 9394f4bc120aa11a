import { ArgumentError, type RandomOptions, zeros } from '@pnn/tensor';
import { kaimingUniform } from '../initialization.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { formatSettings } from './settings.js';

/** What every convolution layer is told, whatever the number of its axes. */
export interface ConvolutionSettings extends RandomOptions {
  readonly groups?: number;
  /**
   * Whether the layer adds a bias.
   *
   * @default true
   */
  readonly bias?: boolean;
}

/** Weight and bias of a convolution or of a transposed one. */
export abstract class ConvolutionLayer<Options extends ConvolutionSettings> extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  /** @throws ArgumentError where the groups do not divide the channels */
  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    readonly kernelSize: readonly number[],
    protected readonly options: Options,
    weightShape: 'filters first' | 'channels first',
  ) {
    super();
    const groups = options.groups ?? 1;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ArgumentError(
        `${this.constructor.name}: ${groups} groups do not divide ${inChannels} input and ${outChannels} output channels`,
      );
    }
    const shape =
      weightShape === 'filters first' ? [outChannels, inChannels / groups] : [inChannels, outChannels / groups];
    this.weight = new Parameter(kaimingUniform([...shape, ...kernelSize], options));
    this.bias = (options.bias ?? true) ? new Parameter(zeros([outChannels], options)) : undefined;
  }

  override describe(): string {
    const names = ['stride', 'padding', 'paddingMode', 'outputPadding', 'dilation', 'groups'];
    const settings = formatSettings(this.options, names);
    const head = `${this.inChannels} → ${this.outChannels}, kernel ${this.kernelSize.join('×')}`;
    return [head, ...settings, ...(this.bias ? [] : ['no bias'])].join(', ');
  }
}
