/** What is shown for a value that is not known. It never stands for zero. */
export const UNKNOWN = '–';

type Maybe<T> = T | null | undefined;

/** Cuts one decimal and drops it when it is zero: 1.26 → "1.3", 2.0 → "2". */
const oneDecimal = (n: number): string => n.toFixed(1).replace(/\.0$/, '');

/** Token counts: 950 → "950", 1234 → "1.2k", 2500000 → "2.5M". */
export function tokens(n: Maybe<number>): string {
  if (n == null || !Number.isFinite(n)) return UNKNOWN;
  for (const [unit, size] of [
    ['B', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    // From 999950 on, one decimal of thousands would read "1000k".
    if (n >= size * 0.99995 && n >= 1000) return oneDecimal(n / size) + unit;
  }
  return String(Math.round(n));
}

/** Whole numbers with the grouping of the language. */
export function count(n: Maybe<number>, language: string): string {
  return n == null || !Number.isFinite(n) ? UNKNOWN : new Intl.NumberFormat(language).format(n);
}

/** Milliseconds: 0.4 → "0.4ms", 45 → "45ms", 2500 → "2.5s", beyond a minute as seconds(). */
export function milliseconds(ms: Maybe<number>): string {
  if (ms == null || !Number.isFinite(ms) || ms < 0) return UNKNOWN;
  if (ms < 10) return `${oneDecimal(ms)}ms`;
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${oneDecimal(ms / 1000)}s`;
  return seconds(ms / 1000);
}

/** Seconds, in the two largest units: 42 → "42s", 9000 → "2h 30m", 266400 → "3d 2h". */
export function seconds(s: Maybe<number>): string {
  if (s == null || !Number.isFinite(s) || s < 0) return UNKNOWN;
  const whole = Math.round(s);
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const;
  const first = units.findIndex(([, size]) => whole >= size);
  if (first < 0) return '0s';
  const [unit, size] = units[first] as (typeof units)[number];
  const head = `${Math.floor(whole / size)}${unit}`;
  const next = units[first + 1];
  const rest = next ? Math.floor((whole % size) / next[1]) : 0;
  return next && rest > 0 ? `${head} ${rest}${next[0]}` : head;
}

/** Money as the API sends it. */
export interface Money {
  usd: string;
  nano: string;
}

/**
 * Dollars from exact nano-dollars, for reading: from $1 two decimals, below
 * three ("$0.001234" → "$0.001"), and "<$0.001" for what would read as zero.
 * null is UNKNOWN; use cost() where null means that no price is set.
 */
export function dollars(nano: Maybe<string | bigint>): string {
  if (nano == null) return UNKNOWN;
  const n = BigInt(nano);
  const sign = n < 0n ? '-' : '';
  const abs = n < 0n ? -n : n;
  if (abs === 0n) return '$0';
  if (abs < 1_000_000n) return `${sign}<$0.001`;
  const decimals = abs >= 999_500_000n ? 2 : 3; // what rounds up to a dollar reads as one
  const step = 10n ** BigInt(9 - decimals);
  const units = (abs + step / 2n) / step; // half up
  const scale = 10n ** BigInt(decimals);
  const fraction = String(units % scale).padStart(decimals, '0');
  return `${sign}$${units / scale}.${fraction}`;
}

/** A request's cost; a request without a price is "unpriced", never zero. */
export function cost(money: Maybe<Money>, unpriced: string): string {
  return money ? dollars(money.nano) : unpriced;
}

/** Output speed: 51.26 → "51.3/s", 1234 → "1.2k/s". */
export function perSecond(n: Maybe<number>): string {
  if (n == null || !Number.isFinite(n)) return UNKNOWN;
  return `${n < 100 ? oneDecimal(n) : tokens(n)}/s`;
}

/** Bytes in binary units: 512 → "512 B", 1536 → "1.5 KiB". */
export function bytes(n: Maybe<number>): string {
  if (n == null || !Number.isFinite(n)) return UNKNOWN;
  let size = n;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (size < 1023.95 || unit === 'GiB')
      return `${unit === 'B' ? Math.round(size) : oneDecimal(size)} ${unit}`;
    size /= 1024;
  }
  return UNKNOWN;
}

const pad = (n: number, width = 2): string => String(n).padStart(width, '0');

/** Time of day with milliseconds in the viewer's zone; the date too when it is not today. */
export function clock(iso: Maybe<string>, now: Date): string {
  if (!iso) return UNKNOWN;
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return UNKNOWN;
  const time = `${pad(t.getHours())}:${pad(t.getMinutes())}:${pad(t.getSeconds())}`;
  return t.toDateString() === now.toDateString()
    ? `${time}.${pad(t.getMilliseconds(), 3)}`
    : `${pad(t.getMonth() + 1)}-${pad(t.getDate())} ${time}`;
}

/** Date and time in the viewer's language and zone. */
export function dateTime(iso: Maybe<string>, language: string): string {
  if (!iso) return UNKNOWN;
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return UNKNOWN;
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(t);
}

/** Calendar day in the viewer's language and zone. */
export function day(iso: Maybe<string>, language: string): string {
  if (!iso) return UNKNOWN;
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return UNKNOWN;
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(t);
}
