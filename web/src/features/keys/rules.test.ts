import { expect, test } from 'vitest';
import type { KeyView } from '@/api/client';
import { emptyForm, fieldErrors, namePattern, restrictions, toInput } from './rules';

const now = new Date('2026-11-22T12:00:00Z');

test('an empty form restricts nothing', () => {
  expect(JSON.parse(JSON.stringify(toInput({ ...emptyForm, name: ' ada ' }, now)))).toEqual({ name: 'ada' });
});

test('lists are lines or commas, limits are whole numbers above zero', () => {
  const input = toInput(
    {
      ...emptyForm,
      name: 'ada',
      days: '7',
      allowedModels: 'gpt-*\n\n claude-*, demo ',
      allowedIPs: '10.0.0.0/8',
      rpm: '60',
      concurrency: '0',
      strict: false,
    },
    now,
  );
  expect(input).toMatchObject({
    expires_at: '2026-11-29T12:00:00.000Z',
    allowed_models: ['gpt-*', 'claude-*', 'demo'],
    allowed_ips: ['10.0.0.0/8'],
    requests_per_minute: 60,
    max_concurrency: undefined,
    strict_fidelity: undefined,
  });
});

test.each([
  ['ada', true],
  ['ci.bot_2-x', true],
  ['Ada', false],
  ['-ada', false],
  ['a b', false],
  ['', false],
  ['a'.repeat(65), false],
])('the name %s is accepted: %s', (name, want) => expect(namePattern.test(name)).toBe(want));

test('a refusal reaches the field it speaks of', () => {
  expect(
    fieldErrors([
      { location: 'body.allowed_ips[1]', message: 'is not an address' },
      { location: 'body.allowed_ips[2]', message: 'neither' },
      { location: 'body.name', message: 'bad' },
      { location: 'body.elsewhere', message: '?' },
    ]),
  ).toEqual({ allowedIPs: 'is not an address', name: 'bad' });
});

test('only the restrictions a key has are told', () => {
  const key = {
    allowed_models: ['gpt-*'],
    excluded_models: [],
    allowed_providers: [],
    excluded_providers: ['x'],
    allowed_ips: [],
  };
  expect(restrictions(key as unknown as KeyView)).toEqual([
    ['onlyModels', ['gpt-*']],
    ['notProviders', ['x']],
  ]);
});
