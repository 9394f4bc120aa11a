/** What is used of the module `inspector`, through which a program can ask its own heap. */
interface NodeInspector {
  readonly Session: new () => {
    connect(): void;
    disconnect(): void;
    post(
      method: string,
      parameters: object,
      callback: (error: Error | null, answer: Readonly<Record<string, { readonly objectId: string }>>) => void,
    ): void;
  };
}

interface NodeProcess {
  readonly getBuiltinModule?: (name: 'inspector') => NodeInspector | undefined;
}

/** Where a prototype is handed to the inspector, and what it found handed back: they share nothing but the global object. */
const exchange = Symbol.for('@pnn/tensor live instances');

/**
 * Every object with this prototype in its chain that the program can still reach, found by a collection of all garbage
 * that is prompted now; undefined where the platform cannot tell, as in pages. Finalizers tell the same without a search,
 * but only once the running code has ended.
 */
export function liveInstances(prototype: object): readonly object[] | undefined {
  // Got without an import, which bundlers for browsers would stumble over.
  const { process } = globalThis as { readonly process?: NodeProcess };
  const inspector = process?.getBuiltinModule?.('inspector');
  if (!inspector) return undefined;
  const session = new inspector.Session();
  session.connect();
  const global = globalThis as { [exchange]?: { readonly prototype: object; found?: object[] } };
  const exchanged: { readonly prototype: object; found?: object[] } = { prototype };
  global[exchange] = exchanged;
  const ask = (method: string, parameters: object, answerName: string): string => {
    let objectId = '';
    // In a session with one's own thread the answer is there before `post` returns.
    session.post(method, parameters, (_, answer) => {
      objectId = answer?.[answerName]?.objectId ?? '';
    });
    return objectId;
  };
  try {
    const place = `globalThis[Symbol.for(${JSON.stringify(exchange.description)})]`;
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
