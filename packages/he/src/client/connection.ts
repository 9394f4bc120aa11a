import { PnnError } from '@pnn/nn';
import { KeyError, MalformedError } from '../errors.js';
import { joined } from '../protocol/lengths.js';
import { MAX_PLAN_BYTES } from '../protocol/plan-limits.js';

const MEGABYTE = 2 ** 20;
const MAX_REFUSAL_BYTES = MEGABYTE;

async function bodyOf(response: Response, exactly?: number, limit = exactly ?? MAX_PLAN_BYTES): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const reader = response.body?.getReader(); reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw new MalformedError(`the server answers with more than ${limit} bytes`);
    }
    parts.push(value);
  }
  if (exactly !== undefined && length !== exactly) {
    throw new MalformedError(`the server answers with ${length} bytes instead of ${exactly}`);
  }
  return joined(parts);
}

/** The status of an answer that is not there yet. */
const COMPUTING = 202;

/** What a server has answered. */
export interface Answer {
  readonly body: Uint8Array;
  readonly headers: Headers;
  /** Whether the server still computes, and is to be asked again. */
  readonly isComputing: boolean;
}

/** Asks a server, and takes the body of its answer, within a time. */
export class Connection {
  readonly url: string;
  readonly #timeout: number;

  constructor(url: string, timeout: number) {
    this.url = url.replace(/\/+$/, '');
    this.#timeout = timeout;
  }

  /**
   * @param exactly the bytes that the answer must have
   * @throws KeyError or MalformedError where there is no answer, or a refusal
   */
  async ask(path: string, options: RequestInit = {}, exactly?: number): Promise<Answer> {
    const signal = AbortSignal.timeout(this.#timeout);
    try {
      // Nothing is sent where a server points to: an answer that redirects is a refusal.
      const send = () => fetch(`${this.url}${path}`, { ...options, redirect: 'manual', signal });
      // Keys take seconds to make, in which a server may close a connection that would be used again. Requests may come twice.
      const response = await send().catch((error: unknown) => {
        if (signal.aborted) throw error;
        return send();
      });
      if (!response.ok) throw await this.#refusal(path, response);
      const isComputing = response.status === COMPUTING;
      const body = await bodyOf(response, isComputing ? 0 : exactly);
      return { body, headers: response.headers, isComputing };
    } catch (error) {
      if (error instanceof PnnError) throw error;
      throw new MalformedError(
        signal.aborted
          ? `there is no answer from ${this.url} within ${this.#timeout / 1000} s: is the server busy? Give a longer timeout`
          : `there is no answer from ${this.url}: is the server running?`,
        { cause: error },
      );
    }
  }

  async #refusal(path: string, response: Response): Promise<PnnError> {
    const text = new TextDecoder().decode(await bodyOf(response, undefined, MAX_REFUSAL_BYTES));
    const where = path.replace(/\/[0-9a-f]{32}(?=\/|$)/, '/ID');
    const problem = `the server refuses ${where}: ${text.slice(0, 300).replaceAll(/[^ -~]/g, '?')}`;
    const isKey = response.status === 403 || response.status === 404;
    return isKey ? new KeyError(problem) : new MalformedError(problem);
  }
}
