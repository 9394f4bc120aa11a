// What kernels are told, read from their sources and written in TypeScript: whoever calls a kernel with other fields, or
// with an operation that it does not know, is then told so by the compiler.

/**
 * The classes of fields, `@unmanaged` and of f64 alone, by their names.
 *
 * @param {string} source
 */
function classesIn(source) {
  const classes = new Map();
  for (const [, name, base, body] of source.matchAll(
    /^@unmanaged\nexport class (\w+)(?: extends (\w+))? \{\n(.*?)^\}/gms,
  )) {
    const fields = [...body.matchAll(/^ {2}(\w+): f64;$/gm)].map(([, field]) => field);
    const rest = body.replaceAll(/^ {2}\/\*\*.*?\*\/\n/gms, '').replaceAll(/^ {2}\w+: f64;\n/gm, '');
    if (rest.trim() === '') classes.set(name, { base, body, fields });
  }
  return classes;
}

/** The functions that a source exports, each with the type of its first parameter. */
function functionsIn(source) {
  return new Map(
    [...source.matchAll(/^export function (\w+)\((?:\w+: (\w+))?/gm)].map(([, name, type]) => [name, type]),
  );
}

/** Enumerations, whose members count from 0. */
function enumerationsIn(source) {
  const enumerations = [...source.matchAll(/^(\/\*\*[^\n]*\*\/)\n(?:export )?enum (\w+) \{\n(.*?)^\}/gms)];
  return enumerations.map(([, comment, name, body]) => {
    const members = body.split('\n').flatMap((line) => line.match(/^ {2}(\w+),$/)?.[1] ?? []);
    if (members.length !== body.trimEnd().split('\n').length) {
      throw new Error(`kernels: enum ${name} must have one member on each line, without a value`);
    }
    return { comment, name, members };
  });
}

/** All fields of a class, those of its base before its own. */
function fieldsOf(name, classes) {
  const { base, fields } = classes.get(name);
  return base === undefined ? fields : [...fieldsOf(base, classes), ...fields];
}

function basesOf(name, classes) {
  const { base } = classes.get(name);
  return base === undefined ? [] : [base, ...basesOf(base, classes)];
}

const lower = (name) => `${name[0].toLowerCase()}${name.slice(1)}`;

/**
 * TypeScript that says what each kernel is told, and writes it to where the kernel reads it.
 *
 * @param {readonly string[]} sources the text of the kernels
 * @param {readonly string[]} exported the names of the functions that the modules export
 * @throws Error where a function does not say what it is told, or not the same as the kernel that it belongs to
 */
export function tasksSource(sources, exported) {
  const classes = new Map(sources.flatMap((source) => [...classesIn(source)]));
  const functions = new Map(sources.flatMap((source) => [...functionsIn(source)]));
  const enumerations = sources.flatMap(enumerationsIn);
  const kernels = new Map();
  for (const name of exported) {
    const kernel = name.replace(/(Blocks|Scratch|Shared)$/, '');
    const type = functions.get(name);
    if (!classes.has(type)) {
      throw new Error(`kernels: ${name} must begin with a parameter of an @unmanaged class of f64, not of ${type}`);
    }
    if (functions.get(kernel) !== type) {
      throw new Error(`kernels: ${name} is told ${type}, but ${kernel} ${functions.get(kernel)}`);
    }
    kernels.set(kernel, type);
  }
  const used = [...classes].filter(([name]) => [...kernels.values()].includes(name)).map(([name]) => name);
  const described = new Set(used.flatMap((name) => [name, ...basesOf(name, classes)]));
  const interfaces = [...described].map((name) => {
    const { base, body } = classes.get(name);
    const readers = [...kernels].flatMap(([kernel, type]) => (type === name ? `\`${kernel}\`` : []));
    const comment =
      readers.length > 0
        ? `What ${readers.join(', ')} ${readers.length > 1 ? 'are' : 'is'} told.`
        : 'What others begin with.';
    const members = body.replaceAll(': f64;', ': number;');
    return `/** ${comment} */\nexport interface ${name}${base ? ` extends ${base}` : ''} {\n${members}}\n`;
  });
  const writers = used.map((name) => {
    const writes = fieldsOf(name, classes).map((field, at) => `  task[${at}] = fields.${field};\n`);
    return `function write${name}(task: Float64Array, fields: ${name}): void {\n${writes.join('')}}\n`;
  });
  const most = Math.max(...used.map((name) => fieldsOf(name, classes).length));
  return `${interfaces.join('\n')}
/** What each kernel is told. */
export interface KernelFields {
${[...kernels].map(([name, type]) => `  readonly ${name}: ${type};\n`).join('')}}

/** A kernel without the functions that say how it is cut into blocks and what memory it needs. */
export type KernelName = keyof KernelFields;

/** The most fields that a kernel has. */
export const MAX_FIELDS = ${most};

${writers.join('\n')}
/** Writes the fields of a call to where the kernel reads them. */
export const writeFields: {
  readonly [Name in KernelName]: (task: Float64Array, fields: KernelFields[Name]) => void;
} = {
${[...kernels].map(([name, type]) => `  ${name}: write${type},\n`).join('')}};
${enumerations
  .map(({ comment, name, members }) => {
    const entries = members.map((member, at) => `  ${member}: ${at},\n`);
    return `\n${comment}\nexport const ${lower(name)}s = {\n${entries.join('')}} as const;\n`;
  })
  .join('')}`;
}
