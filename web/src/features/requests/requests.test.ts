import { describe, expect, test } from 'vitest';
import type { RequestView } from '@/api/client';
import { liveURL } from '@/api/live';
import { parseSearch, stringifySearch } from '@/lib/search';
import { destination } from '../session/destination';
import { type LiveRows, liveLimit, liveReducer, mergeRows, noRows } from './liverows';
import { outcomeOf } from './outcome';
import { isFiltered, isLivePage, toFilter, toQuery, validateRequestsSearch } from './search';

function request(id: string, second: number, more: Partial<RequestView> = {}): RequestView {
  return {
    id,
    start: new Date(Date.UTC(2026, 10, 22, 12, 0, second)).toISOString(),
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
    ...more,
  };
}

describe('the address of a list', () => {
  test('comes back the same through the query string', () => {
    const search = validateRequestsSearch({
      status: ['failed', 'refused'],
      key: 'ada',
      alias: ['gpt-5.5'],
      provider: ['a', 'b'],
      text: 'timed out',
      sort: 'cost',
      order: 'asc',
      limit: '100',
      cursor: 'abc',
    });
    expect(validateRequestsSearch(parseSearch(stringifySearch({ ...search })))).toEqual(search);
    expect(toQuery(search)).toEqual({
      status: ['failed', 'refused'],
      key: ['ada'],
      alias: ['gpt-5.5'],
      provider: ['a', 'b'],
      text: 'timed out',
      sort: 'cost',
      order: 'asc',
      limit: 100,
      cursor: 'abc',
    });
  });

  test('drops what makes no sense', () => {
    const search = validateRequestsSearch({
      status: 'fine',
      sort: 'body',
      order: 'up',
      limit: '7',
      key: '',
      text: 3,
    });
    expect(stringifySearch({ ...search })).toBe('');
    expect(toQuery(search)).toMatchObject({ sort: 'start', order: 'desc', limit: 50 });
  });

  test('leaves defaults out', () => {
    expect(
      stringifySearch({ ...validateRequestsSearch({ sort: 'start', order: 'desc', limit: '50' }) }),
    ).toBe('');
  });

  test('knows whether it filters and whether live rows belong on it', () => {
    expect(isFiltered({})).toBe(false);
    expect(isFiltered({ sort: 'cost' })).toBe(false);
    expect(isFiltered({ text: 'x' })).toBe(true);
    expect(isLivePage({ status: ['failed'] })).toBe(true);
    expect(isLivePage({ order: 'asc' })).toBe(false);
    expect(isLivePage({ cursor: 'x' })).toBe(false);
  });

  test('gives the live stream its filter', () => {
    expect(liveURL(toFilter({ status: ['ok', 'failed'], text: 'a b', sort: 'cost' }))).toBe(
      '/v0/requests/live?status=ok&status=failed&text=a+b',
    );
    expect(liveURL({})).toBe('/v0/requests/live');
  });
});

describe('live rows', () => {
  const arrive = (state: LiveRows, id: string, paused = false) =>
    liveReducer(state, { type: 'arrive', request: request(id, 1), paused });

  test('wait while paused and then come in order', () => {
    let rows = arrive(noRows, 'a');
    rows = arrive(arrive(rows, 'b', true), 'c', true);
    expect([rows.shown.map((r) => r.id), rows.held.map((r) => r.id)]).toEqual([['a'], ['c', 'b']]);
    rows = liveReducer(rows, { type: 'release' });
    expect([rows.shown.map((r) => r.id), rows.held.length]).toEqual([['c', 'b', 'a'], 0]);
    expect(liveReducer(rows, { type: 'reset' })).toEqual(noRows);
  });

  test('are bounded', () => {
    let rows = noRows;
    for (let i = 0; i < liveLimit + 20; i++) rows = arrive(rows, `r${i}`);
    expect(rows.shown).toHaveLength(liveLimit);
    expect(rows.shown[0]?.id).toBe(`r${liveLimit + 19}`);
  });

  test('join the page once, by start, and leave later pages alone', () => {
    const page = [request('p3', 30), request('p2', 20)];
    const arrived = [
      request('new', 40),
      request('p3', 30),
      request('slow', 25),
      request('old', 10),
      request('new', 40),
    ];
    expect(mergeRows(page, arrived, true).map((r) => r.id)).toEqual(['new', 'p3', 'slow', 'p2']);
    expect(mergeRows(page, arrived, false).map((r) => r.id)).toEqual(['new', 'p3', 'slow', 'p2', 'old']);
    expect(mergeRows(page, [], true)).toEqual(page);
  });
});

test.each([
  [{ status: 'ok', attempts: 1 }, 'ok'],
  [{ status: 'ok', attempts: 2 }, 'recovered'],
  [{ status: 'failed', attempts: 2 }, 'failed'],
  [{ status: 'refused', attempts: 0 }, 'refused'],
  [{ status: 'unknown', attempts: 0 }, 'unknown'],
] as const)('the outcome of %o is %s', (part, want) => expect(outcomeOf(request('x', 1, part))).toBe(want));

test.each([
  [undefined, { to: '/' }],
  ['/keys', { to: '/keys', search: {} }],
  ['/requests?status=failed&status=ok', { to: '/requests', search: { status: ['failed', 'ok'] } }],
  ['//evil.example', { to: '/' }],
  ['/\\evil.example', { to: '/' }],
  ['https://evil.example', { to: '/' }],
])('signing in leads from %s only to our own pages', (next, want) => expect(destination(next)).toEqual(want));
