import type { BackwardProgress, Communicator, OngoingSum, Parameter, Tensor } from '@pnn/nn';

/** Gradients leave together as soon as they have so many bytes: small ones would pay for the way each by itself. */
const BUCKET_BYTES = 4 * 2 ** 20;

/**
 * Sends gradients to the other processes while backward computes those of the layers before. Backward comes to the
 * parameters in the same order everywhere, so that the same ones leave together.
 */
export class OutgoingGradients {
  readonly #communicator: Communicator;
  readonly #ongoing: OngoingSum[] = [];
  readonly #sent = new Set<Parameter>();
  #bucket: Tensor[] = [];
  #bytes = 0;

  /** @param communicator one that has `beginSum` */
  constructor(communicator: Communicator) {
    this.#communicator = communicator;
  }

  /**
   * What a backward is to tell, after which the gradients of the parameters are final.
   *
   * @param finish makes of such a gradient, in place, what this process has to give
   */
  follow(parameters: readonly Parameter[], finish: (parameter: Parameter, gradient: Tensor) => void): BackwardProgress {
    const byHistory = new Map(parameters.map((parameter) => [parameter.history, parameter]));
    return {
      leaf: (history) => {
        const parameter = byHistory.get(history);
        const gradient = parameter?.grad;
        if (!parameter || !gradient) return;
        finish(parameter, gradient);
        this.#add(parameter, gradient);
      },
      call: () => {
        for (const each of this.#ongoing) each.poll();
      },
    };
  }

  /** Whether the gradient of this parameter was sent. */
  has(parameter: Parameter): boolean {
    return this.#sent.has(parameter);
  }

  #add(parameter: Parameter, gradient: Tensor): void {
    this.#sent.add(parameter);
    this.#bucket.push(gradient);
    this.#bytes += gradient.size * (gradient.dtype === 'float64' ? 8 : 4);
    if (this.#bytes >= BUCKET_BYTES) this.#send();
  }

  #send(): void {
    if (this.#bucket.length === 0) return;
    this.#ongoing.push(this.#communicator.beginSum!(this.#bucket));
    this.#bucket = [];
    this.#bytes = 0;
  }

  /** Waits until all gradients that were sent are sums. */
  async finish(): Promise<void> {
    this.#send();
    for (let next = this.#ongoing[0]; next; next = this.#ongoing[0]) {
      await next.finish();
      this.#ongoing.shift();
    }
  }

  /** Waits for those on their way where something has failed, since their memory is to be freed. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#ongoing.splice(0).map((each) => each.finish()));
  }
}
