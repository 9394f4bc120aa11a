import { compile, EncryptedNetwork, logitsOf, openSeal } from '@pnn/he';
import { mlp } from '@pnn/models';
import { ArrayDataset, BatchNorm2d, Conv2d, Flatten, Linear, type Module, Sequential, setSeed } from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import type { MakeEvaluator } from './encrypted.js';
import { uniform } from './inputs.js';
import type { Prepared } from './subject.js';
import type { EncryptedNetworkWork } from './work.js';

const INPUT = [1, 28, 28] as const;
const PIXELS = 28 * 28;
const CLASSES = 10;
const CALIBRATION = 32;
/** Weights are random, and inputs of the polynomials stay below. */
const BOUND = 8;

function networkOf({ network, degree }: EncryptedNetworkWork): Module {
  setSeed(1);
  const activation = () => new PolynomialActivation({ degree, bound: BOUND });
  if (network === 'mlp') return mlp({ inputs: PIXELS, hidden: [64], classes: CLASSES, activation });
  return new Sequential(
    new Conv2d(1, 16, 5, { stride: 2, bias: false }),
    new BatchNorm2d(16),
    activation(),
    new Flatten(),
    new Linear(16 * 12 * 12, CLASSES),
  );
}

/** A network on an encrypted image by an evaluator; what is compared are its decrypted scores. */
export async function prepareEncryptedNetwork(work: EncryptedNetworkWork, make: MakeEvaluator): Promise<Prepared> {
  const calibrate = new ArrayDataset({
    inputs: uniform(CALIBRATION * PIXELS, 2, 0, 1),
    inputShape: INPUT,
    labels: new Int32Array(CALIBRATION),
  });
  const network = networkOf(work);
  const plan = await compile(network, { input: INPUT, calibrate });
  network.dispose();
  const { parameters, rotations, gathers, input } = plan;
  const context = (await openSeal()).context(parameters);
  const secret = context.createSecretKey();
  const evaluator = make(context, parameters, {
    relinearization: context.createRelinearizationKeys(secret),
    galois: context.createGaloisKeys(secret, rotations),
  });
  const encrypted = new EncryptedNetwork(plan, evaluator);
  const pixels = uniform(PIXELS, 1, 0, 1);
  const uploads = gathers.map((gather) => {
    const values = Float64Array.from(gather, (place) => (place < 0 ? 0 : pixels[place]!));
    const plaintext = context.encode(values, input.scale);
    const ciphertext = context.encrypt(plaintext, secret);
    plaintext.delete();
    return ciphertext;
  });
  const decrypted = (bytes: Uint8Array): Float64Array => {
    const ciphertext = context.loadCiphertext(bytes);
    const plaintext = context.decrypt(ciphertext, secret);
    const values = context.decode(plaintext);
    for (const handle of [ciphertext, plaintext]) handle.delete();
    return values;
  };
  return {
    run: () => encrypted.run(uploads),
    outputs: () => [logitsOf(plan.client(), encrypted.run(uploads).map(decrypted))],
    dispose: () => {
      secret.delete();
      encrypted.dispose();
    },
  };
}
