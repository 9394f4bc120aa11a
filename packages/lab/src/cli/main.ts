import { PnnError } from '@pnn/nn';
import { calibrate } from '../commands/calibrate.js';
import { certify } from '../commands/certify.js';
import { data } from '../commands/data.js';
import { devices } from '../commands/devices.js';
import { encrypt } from '../commands/encrypt.js';
import { evaluate } from '../commands/evaluate.js';
import { fit } from '../commands/fit.js';
import { inspect } from '../commands/inspect.js';
import { merge } from '../commands/merge.js';
import { predict } from '../commands/predict.js';
import { simplify } from '../commands/simplify.js';
import { studyCommand } from '../commands/study.js';
import { train } from '../commands/train.js';
import { studies } from '../studies/registry.js';
import { version } from '../version.js';
import { type Command, runCommand } from './command.js';
import { UsageError } from './options.js';

const commands: readonly Command[] = [
  train,
  evaluate,
  predict,
  inspect,
  calibrate,
  certify,
  simplify,
  ...studies.map(studyCommand),
  merge,
  data,
  encrypt,
  fit,
  devices,
];

const width = Math.max(...commands.map(({ name }) => name.length));

const help = `Usage: pnn COMMAND [options]

Trains neural networks whose activations are polynomials, as encrypted inference needs them.

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}

pnn COMMAND --help tells the options of a command, pnn --version the version.
`;

async function run(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? process.stderr : process.stdout).write(help);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const command = commands.find((each) => each.name === name);
  if (!command) throw new UsageError(`pnn: there is no command '${name}': see pnn --help`);
  return runCommand(command, rest, process.stdout);
}

/** Exit status if nobody reads the output any more, by the convention of shells: 128 + SIGPIPE. */
const BROKEN_PIPE = 141;

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The terminal was closed: SIGHUP comes with it, and a command ends in its own way.
    if (error.code === 'EIO') return;
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
