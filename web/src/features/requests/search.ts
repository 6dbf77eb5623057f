import type { RequestQuery } from '@/api/client';
import type { LiveFilter } from '@/api/live';

export const statuses = ['ok', 'failed', 'refused', 'canceled', 'abandoned'] as const;
export type Status = (typeof statuses)[number];

export const sorts = [
  'start',
  'duration',
  'ttft',
  'input_tokens',
  'output_tokens',
  'cost',
  'key',
  'alias',
  'provider',
  'status',
] as const;
export type Sort = (typeof sorts)[number];

export const pageSizes = [25, 50, 100, 200, 500] as const;
export const defaultLimit = 50;

/** The address of a list of requests: what is absent has its default. */
export interface RequestsSearch {
  status?: Status[];
  key?: string[];
  alias?: string[];
  provider?: string[];
  text?: string;
  sort?: Sort;
  order?: 'asc';
  limit?: number;
  cursor?: string;
}

/** The filters that are a choice of several. */
export type Facet = 'status' | 'key' | 'alias' | 'provider';

const list = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value])
    .filter((v): v is string => typeof v === 'string' && v !== '')
    .slice(0, 50);

const text = (value: unknown, max: number): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, max) : undefined;

const nonEmpty = <T>(values: T[]): T[] | undefined => (values.length > 0 ? values : undefined);

/** Reads an address; what makes no sense is dropped, so that any address shows something. */
export function validateRequestsSearch(raw: Record<string, unknown>): RequestsSearch {
  const limit = Number(raw.limit);
  const sort = sorts.find((s) => s === raw.sort);
  return {
    status: nonEmpty(statuses.filter((s) => list(raw.status).includes(s))),
    key: nonEmpty(list(raw.key)),
    alias: nonEmpty(list(raw.alias)),
    provider: nonEmpty(list(raw.provider)),
    text: text(raw.text, 200),
    sort: sort === 'start' ? undefined : sort,
    order: raw.order === 'asc' ? 'asc' : undefined,
    limit: pageSizes.some((size) => size === limit) && limit !== defaultLimit ? limit : undefined,
    cursor: text(raw.cursor, 1024),
  };
}

export function toFilter({ status, key, alias, provider, text }: RequestsSearch): LiveFilter {
  return { status, key, alias, provider, text };
}

export function toQuery(search: RequestsSearch): RequestQuery {
  return {
    ...toFilter(search),
    sort: search.sort ?? 'start',
    order: search.order ?? 'desc',
    limit: search.limit ?? defaultLimit,
    cursor: search.cursor,
  };
}

export function isFiltered(search: RequestsSearch): boolean {
  return Object.values(toFilter(search)).some((value) => value !== undefined);
}

/** The live stream adds rows only where they belong at the top. */
export function isLivePage(search: RequestsSearch): boolean {
  return !search.cursor && !search.sort && !search.order;
}
