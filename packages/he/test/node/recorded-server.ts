import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BatchClientPlan } from '../../src/batch/plan.js';
import type { ClientPlan } from '../../src/plan/plan.js';

/** What a server says to one request; the path is that behind the session. */
type Answer = (response: ServerResponse, path: string) => void;

export const bytes =
  (body: string | Uint8Array, status = 200): Answer =>
  (response) => {
    response.writeHead(status);
    response.end(body);
  };

/** A server that gives the answers that it is told, whatever is asked. */
export class RecordedServer {
  readonly #server: Server;
  plan: Answer;
  session: Answer = bytes('0123456789abcdef0123456789abcdef', 201);
  result: Answer = bytes('');

  private constructor(plan: ClientPlan | BatchClientPlan) {
    this.plan = bytes(JSON.stringify(plan));
    this.#server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        const { url = '' } = request;
        const [, , , ...rest] = url.split('/');
        const answer = url === '/plan' ? this.plan : rest.length > 0 ? this.result : this.session;
        answer(response, rest.join('/'));
      });
    });
  }

  static async start(plan: ClientPlan | BatchClientPlan): Promise<RecordedServer> {
    const own = new RecordedServer(plan);
    await new Promise<void>((resolve) => own.#server.listen(0, '127.0.0.1', resolve));
    return own;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}
