import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a server answers a request; `next` counts its requests from 0. */
export type Behavior = (request: IncomingMessage, response: ServerResponse, content: Uint8Array, next: number) => void;

/** What a server was asked. */
export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

const ETAG = '"1"';

/** Sends a file as a server should: whole, or the part that is asked for if it is of this version. */
export const wellBehaved: Behavior = (request, response, content) => {
  const first = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === ETAG;
  if (first === undefined || !isSame) {
    response.writeHead(200, { 'content-length': content.length, etag: ETAG }).end(content);
  } else if (Number(first) >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  } else {
    const part = content.subarray(Number(first));
    response
      .writeHead(206, {
        'content-length': part.length,
        'content-range': `bytes ${first}-${content.length - 1}/${content.length}`,
        etag: ETAG,
      })
      .end(part);
  }
};

/** Breaks off after so many bytes of each answer. */
export const breaksOffAfter =
  (bytes: number): Behavior =>
  (request, response, content) => {
    const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const isPart = first > 0;
    const rest = content.length - first;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': rest,
      etag: ETAG,
      ...(isPart && { 'content-range': `bytes ${first}-${content.length - 1}/${content.length}` }),
    });
    if (rest <= bytes) response.end(content.subarray(first));
    // Whoever reads loses what is on its way when the connection breaks.
    else response.write(content.subarray(first, first + bytes), () => setTimeout(() => response.destroy(), 20));
  };

/** Takes no notice of what part is asked for. */
export const ignoresRange: Behavior = (_, response, content) => {
  response.writeHead(200, { 'content-length': content.length }).end(content);
};

/** Answers with an error. */
export const answers =
  (status: number): Behavior =>
  (_, response) => {
    response.writeHead(status).end('<html>no</html>');
  };

/** Answers by one behavior after the other, the last one from then on. */
export const inTurn =
  (...behaviors: Behavior[]): Behavior =>
  (request, response, content, next) =>
    behaviors[Math.min(next, behaviors.length - 1)]!(request, response, content, next);

/** A server on loopback that gives files, badly if it is told so. */
export class UnreliableServer {
  readonly asked: Asked[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(
    files: ReadonlyMap<string, Uint8Array>,
    behavior: Behavior = wellBehaved,
  ): Promise<UnreliableServer> {
    const server = createServer();
    const unreliable = new UnreliableServer(server);
    server.on('request', (request, response) => {
      const content = files.get(decodeURIComponent(request.url!).slice(1));
      const { range, 'if-range': ifRange } = request.headers;
      unreliable.asked.push({ path: request.url!, range, ifRange: ifRange as string | undefined });
      if (content) behavior(request, response, content, unreliable.asked.length - 1);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return unreliable;
  }

  /** The address of a file. */
  of(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
