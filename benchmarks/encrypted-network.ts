import { BatchNetwork, BatchPlan, compile, EncryptedNetwork, logitsOf, openSeal, type Plan } from '@pnn/he';
import { mlp, resnet8 } from '@pnn/models';
import { ArrayDataset, BatchNorm2d, Conv2d, Flatten, Linear, type Module, Sequential, setSeed } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import type { MakeEvaluator } from './encrypted.js';
import { uniform } from './inputs.js';
import type { Prepared } from './subject.js';
import type { EncryptedNetworkWork } from './work.js';

const CLASSES = 10;
const CALIBRATION = 32;
/** Weights are random, and inputs of the polynomials stay below. */
const BOUND = 8;

function networkOf({ network, degree, size }: EncryptedNetworkWork): Module {
  setSeed(1);
  const activation = () => new PolynomialActivation({ degree, bound: BOUND });
  if (network === 'mlp') return mlp({ inputs: size ** 2, hidden: [64], classes: CLASSES, activation });
  if (network === 'resnet8') return resnet8({ channels: 3, classes: CLASSES, activation });
  const convolved = Math.floor((size - 5) / 2) + 1;
  return new Sequential(
    new Conv2d(1, 16, 5, { stride: 2, bias: false }),
    new BatchNorm2d(16),
    activation(),
    new Flatten(),
    new Linear(16 * convolved ** 2, CLASSES),
  );
}

async function planOf(work: EncryptedNetworkWork): Promise<Plan | BatchPlan> {
  const { network, size, images } = work;
  const input = [network === 'resnet8' ? 3 : 1, size, size];
  const pixels = input[0]! * size ** 2;
  const calibrate = new ArrayDataset({
    inputs: uniform(CALIBRATION * pixels, 2, 0, 1),
    inputShape: input,
    labels: new Int32Array(CALIBRATION),
  });
  const own = networkOf(work);
  const plan: Promise<Plan | BatchPlan> =
    images === 'batch'
      ? compile(own, { input, calibrate, layout: 'batch' })
      : compile(own, { input, calibrate, refresh: network === 'resnet8' });
  return plan.finally(() => own.dispose());
}

/** What a client has: it encrypts and decrypts by SEAL. */
async function clientOf({ parameters, rotations, input }: Plan | BatchPlan) {
  const context = (await openSeal()).context(parameters);
  const secret = context.createSecretKey();
  return {
    context,
    keys: {
      relinearization: context.createRelinearizationKeys(secret),
      ...(rotations.length > 0 && { galois: context.createGaloisKeys(secret, rotations) }),
    },
    encrypted(values: Float64Array): Uint8Array {
      const plaintext = context.encode(values, input.scale);
      const ciphertext = context.encrypt(plaintext, secret);
      plaintext.delete();
      return ciphertext;
    },
    decrypted(bytes: Uint8Array): Float64Array {
      const ciphertext = context.loadCiphertext(bytes);
      const plaintext = context.decrypt(ciphertext, secret);
      const values = context.decode(plaintext);
      for (const handle of [ciphertext, plaintext]) handle.delete();
      return values;
    },
    dispose: () => secret.delete(),
  };
}

/** A network on encrypted images by an evaluator; what is compared are its decrypted scores. */
export async function prepareEncryptedNetwork(work: EncryptedNetworkWork, make: MakeEvaluator): Promise<Prepared> {
  const plan = await planOf(work);
  const client = await clientOf(plan);
  const evaluator = make(client.context, plan.parameters, client.keys);
  if (plan instanceof BatchPlan) {
    const network = new BatchNetwork(plan, evaluator);
    const uploads = plan.elements.map((_, i) => client.encrypted(Float64Array.from(uniform(plan.images, 1 + i, 0, 1))));
    const run = () => {
      network.load(uploads);
      return network.run();
    };
    return { run, outputs: () => run().map(client.decrypted), dispose: () => disposeAll(client, network) };
  }
  const network = new EncryptedNetwork(plan, evaluator);
  const pixels = uniform(
    plan.inputShape.reduce((product, size) => product * size, 1),
    1,
    0,
    1,
  );
  const uploads = plan.gathers.map((gather) =>
    client.encrypted(Float64Array.from(gather, (place) => (place < 0 ? 0 : pixels[place]!))),
  );
  /** What the client has answered at each refresh of the first run. */
  const refreshed: Uint8Array[][] = [];
  const run = () => {
    let stage = 0;
    return network.run(uploads, (ciphertexts) => {
      refreshed[stage] ??= ciphertexts.map((bytes) => client.encrypted(client.decrypted(bytes)));
      return refreshed[stage++]!;
    });
  };
  return {
    run,
    outputs: () => [logitsOf(plan.client(), run().map(client.decrypted))],
    dispose: () => disposeAll(client, network),
  };
}

function disposeAll(...all: readonly { dispose(): void }[]): void {
  for (const each of all) each.dispose();
}
