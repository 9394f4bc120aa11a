/** What is used of a session of the module `inspector`, through which a program can ask about its own heap. */
interface InspectorSession {
  connect(): void;
  disconnect(): void;
  post(
    method: string,
    parameters: object,
    callback: (error: Error | null, answer?: Readonly<Record<string, { readonly objectId?: string }>>) => void,
  ): void;
}

interface NodeProcess {
  readonly getBuiltinModule?: (name: 'inspector') => { readonly Session: new () => InspectorSession } | undefined;
}

/** Where a prototype is handed to the inspector, and what it found handed back: they share nothing but the global object. */
const exchange = Symbol.for('@pnn/tensor live instances');

interface Exchange {
  readonly prototype: object;
  found?: readonly object[];
}

/**
 * Every object with this prototype in its chain that the program can still reach, found by a collection of all garbage
 * that is prompted now; undefined where the platform cannot tell, as in pages. Finalizers tell the same without a search,
 * but only once the running code has ended.
 */
export function liveInstances(prototype: object): readonly object[] | undefined {
  // Got without an import, which bundlers for browsers would stumble over.
  const { process } = globalThis as { readonly process?: NodeProcess };
  try {
    const inspector = process?.getBuiltinModule?.('inspector');
    return inspector && found(new inspector.Session(), prototype);
  } catch {
    // Other platforms that have the module have not all of it, and then the error that led here says more than theirs.
    return undefined;
  }
}

function found(session: InspectorSession, prototype: object): readonly object[] | undefined {
  const global = globalThis as { [exchange]?: Exchange };
  const exchanged: Exchange = { prototype };
  const place = `globalThis[Symbol.for(${JSON.stringify(exchange.description)})]`;
  const ask = (method: string, parameters: object, answerName: string): string => {
    let objectId = '';
    // In a session with one's own thread the answer is there before `post` returns.
    session.post(method, parameters, (_, answer) => {
      objectId = answer?.[answerName]?.objectId ?? '';
    });
    return objectId;
  };
  session.connect();
  global[exchange] = exchanged;
  try {
    const prototypeObjectId = ask('Runtime.evaluate', { expression: `${place}.prototype` }, 'result');
    const objectId = ask('Runtime.queryObjects', { prototypeObjectId }, 'objects');
    const functionDeclaration = `function () { ${place}.found = this; }`;
    ask('Runtime.callFunctionOn', { objectId, functionDeclaration }, 'result');
    return exchanged.found;
  } finally {
    delete global[exchange];
    session.disconnect();
  }
}
