import type { BatchClientPlan } from '../batch/plan.js';
import { type ClientOptions, EncryptedClient, type EncryptedResult, type MessageBytes } from '../client/client.js';
import type { ClientPlan } from '../plan/plan.js';
import { planIdentity } from '../protocol/plan-identity.js';
import { readKeyFile, writeKeyFile } from './key-file.js';

/** A client whose secret key is a file. */
export class FileKeyClient implements Disposable {
  readonly #client: EncryptedClient;

  constructor(client: EncryptedClient) {
    this.#client = client;
  }

  /** The plan of the server: its architecture, without weights. */
  get plan(): ClientPlan | BatchClientPlan {
    return this.#client.plan;
  }

  /** How long the messages are. */
  get messages(): MessageBytes {
    return this.#client.messages;
  }

  /**
   * Makes a secret key in a new file that only its owner can read, and sends keys to compute with to the server.
   *
   * @throws KeyError where there is a file already, or the server refuses the keys
   */
  async createKeys(path: string): Promise<void> {
    const secret = this.#client.makeSecretKey();
    try {
      await writeKeyFile(path, await planIdentity(this.plan), secret);
      this.#client.useSecretKey(secret);
    } finally {
      secret.fill(0);
    }
    await this.#client.sendKeys();
  }

  /**
   * Takes the secret key of a file, and sends keys to compute with to the server.
   *
   * @throws KeyError where the file is missing, damaged, readable by others, or for another plan
   */
  async useKeys(path: string): Promise<void> {
    const secret = await readKeyFile(path, await planIdentity(this.plan));
    try {
      this.#client.useSecretKey(secret);
    } finally {
      secret.fill(0);
    }
    await this.#client.sendKeys();
  }

  /**
   * Has the network computed for one input.
   *
   * @throws RangeWarning where a number is not finite
   * @throws KeyError where keys were not sent, or the server has forgotten them
   * @throws MalformedError where the server answers with something else than a result
   */
  run(input: ArrayLike<number>): Promise<EncryptedResult> {
    return this.#client.run(input);
  }

  /**
   * Has the network computed for many inputs: one after the other, or in batches, where the server computes these.
   *
   * @throws RangeWarning where a number is not finite
   * @throws KeyError where keys were not sent, or the server has forgotten them
   * @throws MalformedError where the server answers with something else than results
   */
  runMany(inputs: readonly ArrayLike<number>[]): Promise<EncryptedResult[]> {
    return this.#client.runMany(inputs);
  }

  /** Has the server forget the keys, and frees those here. */
  async close(): Promise<void> {
    try {
      await this.#client.endSession();
    } finally {
      this.#client.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.#client.dispose();
  }
}

/**
 * Connects to a server of `serve`.
 *
 * @throws MalformedError where there is no such server, or it answers with something else
 * @throws PlanError where its plan has refreshes, and these were not allowed, or is less secure than asked
 */
export async function connect(url: string, options?: ClientOptions): Promise<FileKeyClient> {
  return new FileKeyClient(await EncryptedClient.connect(url, options));
}
