import { decodeJson, encodeJson, object, oneOf } from '@pnn/pnn/codec';
import { reportDecoder } from './decoders.js';
import { REPORT_VERSION, type Report } from './record.js';
import { version1Decoder } from './version1.js';

/**
 * The report as JSON (RFC 8259) on one line. JSON has no NaN and no infinity: they are written as the strings `"NaN"`,
 * `"Infinity"` and `"-Infinity"`, which {@link parseReport} turns back into numbers; a setting stays a string, since
 * nothing tells it from one.
 */
export function stringifyReport(report: Report): string {
  return encodeJson(report);
}

/**
 * Reads what {@link stringifyReport} wrote, in this version of the format or the one before; fields that the format does
 * not know are left out.
 *
 * @param name what messages call the report, such as its file
 * @throws FormatError if the text is no JSON, has another version, or a field is missing or has another type.
 */
export function parseReport(text: string, name = 'parseReport: report'): Report {
  return decodeJson(
    text,
    (value, path) => {
      const { version } = object<{ version: 1 | typeof REPORT_VERSION }>({ version: oneOf(1, REPORT_VERSION) })(
        value,
        path,
      );
      return (version === 1 ? version1Decoder : reportDecoder)(value, path);
    },
    name,
  );
}
