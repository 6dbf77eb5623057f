import { describe, expect, test } from 'vitest';
import {
  bytes,
  clock,
  cost,
  dateTime,
  dollars,
  milliseconds,
  perSecond,
  seconds,
  tokens,
  UNKNOWN,
} from './format';

describe('tokens', () => {
  test.each([
    [0, '0'],
    [950, '950'],
    [1000, '1k'],
    [1234, '1.2k'],
    [18_249, '18.2k'],
    [999_949, '999.9k'],
    [999_960, '1M'],
    [2_500_000, '2.5M'],
    [3_000_000_000, '3B'],
    [null, UNKNOWN],
    [undefined, UNKNOWN],
    [Number.NaN, UNKNOWN],
  ])('%s → %s', (n, want) => expect(tokens(n)).toBe(want));
});

describe('milliseconds', () => {
  test.each([
    [0.4, '0.4ms'],
    [45, '45ms'],
    [999.4, '999ms'],
    [999.6, '1s'],
    [2500, '2.5s'],
    [59_900, '59.9s'],
    [59_960, '1m'],
    [90_000, '1m 30s'],
    [9_000_000, '2h 30m'],
    [null, UNKNOWN],
    [-1, UNKNOWN],
    [Number.POSITIVE_INFINITY, UNKNOWN],
  ])('%s → %s', (ms, want) => expect(milliseconds(ms)).toBe(want));
});

describe('seconds', () => {
  test.each([
    [0, '0s'],
    [42, '42s'],
    [60, '1m'],
    [9000, '2h 30m'],
    [3600, '1h'],
    [266_400, '3d 2h'],
    [undefined, UNKNOWN],
  ])('%s → %s', (s, want) => expect(seconds(s)).toBe(want));
});

describe('dollars', () => {
  test.each([
    ['0', '$0'],
    ['1234000', '$0.001'],
    ['999999', '<$0.001'],
    ['1', '<$0.001'],
    ['-1', '-<$0.001'],
    ['59400000', '$0.059'],
    ['999999999', '$1.00'],
    ['1000000000', '$1.00'],
    ['7415500000', '$7.42'],
    ['-2500000000', '-$2.50'],
    ['9223372036854775807', '$9223372036.85'],
    [null, UNKNOWN],
  ])('%s → %s', (nano, want) => expect(dollars(nano)).toBe(want));
});

test('a request without a price is unpriced, never zero', () => {
  expect(cost(null, 'unpriced')).toBe('unpriced');
  expect(cost(undefined, 'unpriced')).toBe('unpriced');
  expect(cost({ usd: '0.001234', nano: '1234000' }, 'unpriced')).toBe('$0.001');
  expect(cost({ usd: '0', nano: '0' }, 'unpriced')).toBe('$0');
});

test.each([
  [51.26, '51.3/s'],
  [1234, '1.2k/s'],
  [undefined, UNKNOWN],
])('perSecond %s → %s', (n, want) => expect(perSecond(n)).toBe(want));

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [1536, '1.5 KiB'],
  [1_048_576, '1 MiB'],
  [undefined, UNKNOWN],
])('bytes %s → %s', (n, want) => expect(bytes(n)).toBe(want));

test('times that are missing or broken are unknown', () => {
  const now = new Date('2026-11-22T12:00:00');
  expect(clock(undefined, now)).toBe(UNKNOWN);
  expect(clock('not a time', now)).toBe(UNKNOWN);
  expect(dateTime(undefined, 'en')).toBe(UNKNOWN);
  expect(clock('2026-11-22T09:05:03.007', now)).toBe('09:05:03.007');
  expect(clock('2026-11-20T09:05:03.007', now)).toBe('11-20 09:05:03');
});
