import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

type Schemas = components['schemas'];
export type RequestView = Schemas['RequestView'];
export type RequestPage = Schemas['RequestPage'];
export type KeyView = Schemas['KeyView'];
export type KeyInput = Schemas['KeyInput'];
export type KeyPatch = Schemas['KeyPatch'];
export type KeyCreated = Schemas['KeyCreated'];
export type ProviderView = Schemas['ProviderView'];
export type AliasView = Schemas['AliasView'];
export type StatusView = Schemas['StatusView'];
export type SessionView = Schemas['SessionView'];
export type RequestQuery = NonNullable<paths['/v0/requests']['get']['parameters']['query']>;

/** A refusal of the management API (RFC 9457), or no answer at all (status 0). */
export class Problem extends Error {
  readonly status: number;
  /** The last part of the problem type, e.g. "key-exists"; "network" without an answer. */
  readonly code: string;
  readonly retryAfter: number | undefined;
  readonly fields: { location: string; message: string }[];

  constructor(status: number, body: Partial<Schemas['ErrorModel']> | undefined, retryAfter?: string | null) {
    const code = body?.type?.split(':').at(-1) ?? (status === 0 ? 'network' : 'unexpected');
    super(body?.detail ?? code);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter ? Number(retryAfter) : undefined;
    this.fields = (body?.errors ?? []).map((e) => ({
      location: e?.location ?? '',
      message: e?.message ?? '',
    }));
  }
}

const client = createClient<paths>({ baseUrl: window.location.origin });

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** Returns the data of a call, or throws a Problem. */
async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch {
    throw new Problem(0, undefined); // fetch rejects only without an answer
  }
  const { data, error, response } = answer;
  if (!response.ok) {
    const body = typeof error === 'object' && error !== null ? (error as Schemas['ErrorModel']) : undefined;
    throw new Problem(response.status, body, response.headers.get('Retry-After'));
  }
  return data as T;
}

export const api = {
  session: () => unwrap(client.GET('/v0/session')),
  signIn: (secret: string) => unwrap(client.POST('/v0/session', { body: { secret } })),
  signOut: () => unwrap(client.DELETE('/v0/session')),
  status: () => unwrap(client.GET('/v0/status')),
  requests: (query: RequestQuery, signal?: AbortSignal) =>
    unwrap(client.GET('/v0/requests', { params: { query }, signal })),
  request: (id: string) => unwrap(client.GET('/v0/requests/{id}', { params: { path: { id } } })),
  providers: async () => (await unwrap(client.GET('/v0/providers'))).items,
  aliases: async () => (await unwrap(client.GET('/v0/aliases'))).items,
  keys: async () => (await unwrap(client.GET('/v0/keys'))).items,
  createKey: (body: KeyInput) => unwrap(client.POST('/v0/keys', { body })),
  updateKey: (name: string, body: KeyPatch) =>
    unwrap(client.PATCH('/v0/keys/{name}', { params: { path: { name } }, body })),
  deleteKey: (name: string) => unwrap(client.DELETE('/v0/keys/{name}', { params: { path: { name } } })),
};
