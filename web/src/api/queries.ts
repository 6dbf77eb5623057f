import { keepPreviousData, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';
import { api, Problem, type RequestQuery } from './client';

/** The one query client. A call refused for want of a session asks who is signed in. */
export function newQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (error instanceof Problem && error.status === 401 && query.queryKey[0] !== 'session') {
          void client.invalidateQueries({ queryKey: queries.session().queryKey });
        }
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // An answer is final; only silence is worth asking again.
        retry: (failures, error) => failures < 2 && error instanceof Problem && error.status === 0,
      },
    },
  });
  return client;
}

export const queries = {
  session: () => queryOptions({ queryKey: ['session'], queryFn: api.session, staleTime: 60_000 }),
  status: () => queryOptions({ queryKey: ['status'], queryFn: api.status, refetchInterval: 15_000 }),
  requests: (query: RequestQuery) =>
    queryOptions({
      queryKey: ['requests', query],
      queryFn: ({ signal }) => api.requests(query, signal),
      placeholderData: keepPreviousData,
    }),
  request: (id: string) =>
    queryOptions({
      queryKey: ['request', id],
      queryFn: () => api.request(id),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  providers: () => queryOptions({ queryKey: ['providers'], queryFn: api.providers }),
  aliases: () => queryOptions({ queryKey: ['aliases'], queryFn: api.aliases }),
  keys: () => queryOptions({ queryKey: ['keys'], queryFn: api.keys }),
};
