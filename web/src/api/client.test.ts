import { afterEach, expect, test, vi } from 'vitest';
import { Problem } from './client';

afterEach(() => vi.unstubAllGlobals());

/** Answers the next calls with the response and returns a fresh client. */
async function clientWith(respond: () => Promise<Response>) {
  vi.resetModules();
  vi.stubGlobal('fetch', respond);
  return import('./client');
}

test('a problem keeps its cause, its fields and when to come back', async () => {
  const body = {
    type: 'urn:plexus:problem:too-many-attempts',
    detail: 'too many',
    errors: [{ location: 'body.name', message: 'bad' }],
  };
  const { api } = await clientWith(async () =>
    Response.json(body, {
      status: 429,
      headers: { 'Retry-After': '15', 'Content-Type': 'application/problem+json' },
    }),
  );
  await expect(api.signIn('x')).rejects.toMatchObject({
    status: 429,
    code: 'too-many-attempts',
    retryAfter: 15,
    fields: [{ location: 'body.name', message: 'bad' }],
  });
});

test('an answer that is no problem is unexpected', async () => {
  const { api } = await clientWith(async () => new Response('<html>bad gateway', { status: 502 }));
  await expect(api.status()).rejects.toMatchObject({ status: 502, code: 'unexpected' });
});

test('no answer is a network problem', async () => {
  const { api } = await clientWith(async () => {
    throw new TypeError('Failed to fetch');
  });
  await expect(api.session()).rejects.toMatchObject({ status: 0, code: 'network' });
});

test('lists in a query are repeated parameters', async () => {
  const seen: string[] = [];
  vi.resetModules();
  vi.stubGlobal('fetch', async (request: Request) => {
    seen.push(new URL(request.url).search);
    return Response.json({ items: [], total: 0, total_capped: false });
  });
  const { api } = await import('./client');
  await api.requests({ status: ['ok', 'failed'], sort: 'cost' });
  expect(seen).toEqual(['?status=ok&status=failed&sort=cost']);
});

test('a problem without a body is unexpected', () => {
  expect(new Problem(500, undefined).code).toBe('unexpected');
});
