import { PnnError } from '@pnn/nn';
import { listDevices } from '../commands/devices.js';
import { fit } from '../commands/fit.js';
import { train } from '../commands/train.js';
import { version } from '../version.js';
import { UsageError } from './options.js';

const commands = { train, fit, devices: listDevices } as const;

const help = `Usage: pnn COMMAND [options]

Trains neural networks whose activations are polynomials, as encrypted inference needs them.

Commands:
  train    train a polynomial network beside its twin, and report
  fit      fit a polynomial to an activation, and print it
  devices  list what this machine can compute with

pnn COMMAND --help tells the options of a command, pnn --version the version.
`;

async function run(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
    (command === undefined ? process.stderr : process.stdout).write(help);
    return command === undefined ? 2 : 0;
  }
  if (command === '--version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (!Object.hasOwn(commands, command)) {
    throw new UsageError(`pnn: there is no command '${command}': see pnn --help`);
  }
  return commands[command as keyof typeof commands](rest, process.stdout);
}

/** Exit status where nobody reads the output any more, by the convention of shells: 128 + SIGPIPE. */
const BROKEN_PIPE = 141;

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(BROKEN_PIPE);
    if (stream === process.stdout) process.stderr.write(`pnn: the output cannot be written: ${error.message}\n`);
    process.exit(1);
  });
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PnnError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
