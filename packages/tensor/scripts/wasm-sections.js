// What the build has to know of a WebAssembly module: https://webassembly.github.io/spec/core/binary/modules.html

const IMPORT_SECTION = 2;
const DATA_SECTION = 11;
const I32_CONST = 0x41;
const MEMORY = 2;
const GLOBAL = 3;
/** A memory that is shared and has a largest size: https://github.com/WebAssembly/threads. */
const SHARED = 3;

/** The number in LEB128 at a position, and the position behind it. */
function numberAt(bytes, start) {
  let value = 0;
  let position = start;
  for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
    byte = bytes[position++];
    value |= (byte & 0x7f) << shift;
  }
  return [value, position];
}

/** Where the content of each section begins, by its identifier. */
function sectionsOf(bytes) {
  const sections = new Map();
  let position = 8;
  while (position < bytes.length) {
    const identifier = bytes[position];
    const [size, start] = numberAt(bytes, position + 1);
    sections.set(identifier, start);
    position = start + size;
  }
  return sections;
}

/**
 * Where the static data of a module ends in its memory; 0 without any.
 *
 * @throws Error where a piece has no constant place
 */
export function staticDataEnd(bytes) {
  const section = sectionsOf(bytes).get(DATA_SECTION);
  if (section === undefined) return 0;
  let [count, position] = numberAt(bytes, section);
  let end = 0;
  for (; count > 0; count--) {
    // An active piece of the only memory: its place is a number, then the expression ends.
    if (bytes[position] !== 0 || bytes[position + 1] !== I32_CONST)
      throw new Error('the kernels have data without a place');
    const [place, behind] = numberAt(bytes, position + 2);
    const [length, content] = numberAt(bytes, behind + 1);
    end = Math.max(end, place + length);
    position = content + length;
  }
  return end;
}

/**
 * The position of the byte that says how the imported memory is.
 *
 * @throws Error where the module imports anything but a shared memory with a largest size, and numbers
 */
export function memoryFlagsOf(bytes) {
  const [count, first] = numberAt(bytes, sectionsOf(bytes).get(IMPORT_SECTION));
  let found;
  let position = first;
  for (let i = 0; i < count; i++) {
    const [moduleLength, moduleName] = numberAt(bytes, position);
    const [fieldLength, fieldName] = numberAt(bytes, moduleName + moduleLength);
    const kind = fieldName + fieldLength;
    if (bytes[kind] === MEMORY && bytes[kind + 1] === SHARED) {
      found = kind + 1;
      // Its smallest and its largest size follow.
      position = numberAt(bytes, numberAt(bytes, kind + 2)[1])[1];
    } else if (bytes[kind] === GLOBAL) {
      position = kind + 3;
    } else {
      throw new Error('the kernels import something else than a shared memory with a largest size, and numbers');
    }
  }
  if (found === undefined) throw new Error('the kernels import no memory');
  return found;
}
