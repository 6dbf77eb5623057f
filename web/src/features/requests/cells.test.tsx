import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { RequestView } from '@/api/client';
import { startI18n } from '@/app/i18n';
import { CostCell, KeyCell, RouteCell } from './cells';
import { OutcomeCell } from './outcome';

beforeAll(startI18n);
afterEach(cleanup);

const base: RequestView = {
  id: '01938f00-0000-7000-8000-00000000abcd',
  start: '2026-11-22T12:00:00Z',
  status: 'ok',
  http_status: 200,
  method: 'POST',
  path: '/v1/chat/completions',
  attempts: 1,
  streamed: false,
  passthrough: true,
  losses: [],
  request_bytes: 1,
  response_bytes: 1,
};
const usage = {
  input: 1,
  cache_read: 0,
  cache_write: 0,
  cache_write_1h: 0,
  output: 1,
  reasoning: 0,
  total: 2,
  source: 'upstream' as const,
  flags: [],
};

test.each([
  ['nothing was used', {}, '–'],
  ['used without a price', { tokens: usage }, 'unpriced'],
  ['priced', { tokens: usage, cost: { usd: '0.001234', nano: '1234000' } }, '$0.001'],
  ['priced at nothing', { tokens: usage, cost: { usd: '0', nano: '0' } }, '$0'],
])('the cost of a request when %s', (_, part, want) => {
  const { container } = render(<CostCell request={{ ...base, ...part }} />);
  expect(container.textContent).toBe(want);
});

test.each([
  [{}, 'OK'],
  [{ attempts: 3 }, 'Recovered×3'],
  [{ status: 'failed', http_status: 503 }, 'Failed503'],
  [{ status: 'refused', http_status: 429 }, 'Refused429'],
  [{ status: 'canceled', http_status: 499 }, 'Canceled'],
] as const)('the outcome of %o reads %s', (part, want) => {
  const { container } = render(<OutcomeCell request={{ ...base, ...part }} />);
  expect(container.textContent).toBe(want);
});

test('a request without a key or an alias says so', () => {
  render(
    <>
      <KeyCell request={base} />
      <RouteCell request={{ ...base, error: { kind: 'auth', code: 'unknown_key' } }} />
    </>,
  );
  expect(screen.getByText('no key')).toBeTruthy();
  expect(screen.getByText('no alias')).toBeTruthy();
  expect(screen.getByText('unknown_key')).toBeTruthy();
});
