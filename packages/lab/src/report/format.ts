/** What stands for a measurement that was not made. */
export const NOT_MEASURED = '–';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * A number with at most `digits` significant digits, or, `padded` for the sake of a column, with exactly so many:
 * `0.1235`, `12,350`, `3.1·10⁹`, `∞`, `NaN`; `–` for `null`.
 */
export function formatNumber(value: number | null, digits = 4, padded = false): string {
  if (value === null) return NOT_MEASURED;
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const rounded = Number(value.toPrecision(digits));
  if (rounded === 0) return '0';
  const magnitude = Math.abs(rounded);
  if (magnitude >= 1e6 || magnitude < 1e-4) return formatScientific(value, digits);
  const least = padded ? { minimumSignificantDigits: digits } : {};
  return withMinus(rounded.toLocaleString('en-US', { maximumSignificantDigits: digits, ...least }));
}

/** A loss with four decimals, so that a column of them is easy to compare; as {@link formatNumber} beyond [0.001, 10⁴). */
export function formatLoss(loss: number | null): string {
  return loss !== null && loss >= 0.001 && loss < 1e4 ? formatFixed(loss, 4) : formatNumber(loss);
}

/** A number as mantissa and power of ten: `3.1·10⁹`, `10⁻⁵`. The value must be finite. */
export function formatScientific(value: number, digits = 4): string {
  const [mantissa = '', exponent = ''] = value.toExponential(Math.min(digits - 1, 20)).split('e');
  const power = `10${[...exponent].map((sign) => (sign === '-' ? '⁻' : (SUPERSCRIPTS[Number(sign)] ?? ''))).join('')}`;
  const shortest = String(Number(mantissa));
  if (shortest === '1') return power;
  return withMinus(shortest === '-1' ? `-${power}` : `${shortest}·${power}`);
}

/** A number with exactly `decimals` decimals and grouped thousands: `12,350.00`. */
export function formatFixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return formatNonFinite(value);
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const text = value.toLocaleString('en-US', options);
  return withMinus(/^-[0.,]*$/.test(text) ? text.slice(1) : text);
}

/** A fraction as a percentage: `98.71%`. */
export function formatPercent(share: number | null, decimals = 2): string {
  if (share === null) return NOT_MEASURED;
  return Number.isFinite(share) ? `${formatFixed(share * 100, decimals)}%` : formatNonFinite(share);
}

/** A fraction that may be tiny, as a percentage: `0`, `0.00031%`, `1.25%`; what is not 0 never reads as 0. */
export function formatShare(share: number | null): string {
  if (share === null || !Number.isFinite(share) || Math.abs(share) >= 0.01) return formatPercent(share);
  return share === 0 ? '0' : `${formatNumber(share * 100, 2)}%`;
}

/** A difference of two fractions in percentage points: `+0.21`, `−1.30`, `0.00`. */
export function formatPoints(difference: number | null): string {
  if (difference === null) return NOT_MEASURED;
  const text = formatFixed(difference * 100, 2);
  return difference > 0 && /[1-9∞]/.test(text) ? `+${text}` : text;
}

/** A whole number with grouped thousands: `60,000`. */
export function formatCount(count: number): string {
  return formatFixed(count, 0);
}

/** A time: `0.42 s`, `12.3 s`, `3 min 12 s`, `1 h 03 min`. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return NOT_MEASURED;
  if (!Number.isFinite(seconds)) return formatNonFinite(seconds);
  if (seconds < 9.995) return `${formatFixed(seconds, 2)} s`;
  if (seconds < 59.95) return `${formatFixed(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${twoDigits(minutes % 60)} min`;
}

/** An ISO 8601 date as `2025-06-01 12:34 UTC`; a text that is no date is returned as it is. */
export function formatDate(date: string): string {
  const time = Date.parse(date);
  return Number.isNaN(time) ? date : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function formatNonFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '∞' : '−∞';
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function withMinus(text: string): string {
  return text.replace('-', '−');
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in decimal units with three digits, such as `11.6 MB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3 + 1e-9));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${BYTE_UNITS[power]}`;
}
