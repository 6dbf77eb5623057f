import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { curl } from './curl';
import { parseSearch, stringifySearch } from './search';

test.each([
  ['', {}],
  ['?status=failed&status=ok&text=a%20b', { status: ['failed', 'ok'], text: 'a b' }],
  ['?key=123', { key: '123' }],
])('a query string is read as it is: %s', (text, want) => expect(parseSearch(text)).toEqual(want));

test('what is written is read back', () => {
  const search = { status: ['ok', 'failed'], text: 'a&b=c "d" 中', cursor: 'x+/=' };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test('nothing is written for nothing', () => {
  expect(stringifySearch({ a: undefined, b: '', c: [], d: null })).toBe('');
});

/** Runs the command with a curl that prints its arguments, one per line. */
function args(command: string, env: Record<string, string> = {}): string[] {
  const script = `curl() { printf '%s\\n' "$@"; }; ${command}`;
  return execFileSync('sh', ['-c', script], { env: { PATH: process.env.PATH ?? '', ...env } })
    .toString()
    .trim()
    .split('\n');
}

test('the command survives the shell', () => {
  const got = args(
    curl({ origin: 'http://127.0.0.1:4000', model: "it's $HOME `x`", secret: 'plx-abc', stream: false }),
  );
  expect(got.slice(0, 6)).toEqual([
    'http://127.0.0.1:4000/v1/chat/completions',
    '-H',
    'Authorization: Bearer plx-abc',
    '-H',
    'Content-Type: application/json',
    '-d',
  ]);
  expect(JSON.parse(got[6] ?? '')).toMatchObject({ model: "it's $HOME `x`" });
});

test('the streaming form asks for a stream and does not buffer', () => {
  const got = args(curl({ origin: 'http://h', model: 'demo', stream: true }), { PLEXUS_KEY: 'from-env' });
  expect(got[0]).toBe('-N');
  expect(got).toContain('Authorization: Bearer from-env');
  expect(JSON.parse(got.at(-1) ?? '')).toMatchObject({ model: 'demo', stream: true });
});
