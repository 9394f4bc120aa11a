// Compiles the probes and writes the module to standard output. A program of its own in plain JavaScript, since loading the
// compiler through a loader of TypeScript takes far longer than the compiler itself.
import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const features = process.argv.slice(2);
const source = readFileSync(new URL('kernels.ts', import.meta.url), 'utf8');
const settings = { optimizeLevel: 3, runtime: 'stub', importMemory: true, enable: features };
const { error, binary, stderr } = await asc.compileString(source, settings);
if (error) throw new Error(`the probes cannot be compiled: ${error.message} ${stderr}`);
process.stdout.write(binary);
