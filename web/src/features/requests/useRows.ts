import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useReducer, useRef } from 'react';
import { useLive } from '@/api/live';
import { queries } from '@/api/queries';
import { liveReducer, mergeRows, noRows } from './liverows';
import { isLivePage, type RequestsSearch, toFilter, toQuery } from './search';

/** Beyond so many live rows the page is loaded anew, to stay a page. */
const reloadAfter = 200;

/** The rows of one page, with those that arrive while it is open. */
export function useRows(search: RequestsSearch, wantLive: boolean, paused: boolean) {
  const client = useQueryClient();
  const query = useMemo(() => toQuery(search), [search]);
  const page = useQuery(queries.requests(query));
  const [live, dispatch] = useReducer(liveReducer, noRows);
  const arrivals = useRef(new Map<string, number>());

  const enabled = wantLive && isLivePage(search);
  const state = useLive(
    toFilter(search),
    enabled,
    (request) => {
      arrivals.current.set(request.id, performance.now());
      client.setQueryData(queries.request(request.id).queryKey, request);
      dispatch({ type: 'arrive', request, paused });
    },
    () => void client.invalidateQueries({ queryKey: queries.session().queryKey }),
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page starts with no live rows
  useEffect(() => {
    arrivals.current.clear();
    dispatch({ type: 'reset' });
  }, [query]);
  useEffect(() => {
    if (!paused) dispatch({ type: 'release' });
  }, [paused]);
  useEffect(() => {
    if (live.shown.length <= reloadAfter) return;
    dispatch({ type: 'reset' });
    void client.invalidateQueries({ queryKey: ['requests'] });
  }, [live.shown.length, client]);

  const items = page.data?.items;
  const next = page.data?.next;
  const rows = useMemo(
    () => mergeRows(items ?? [], enabled ? live.shown : [], Boolean(next)),
    [items, next, live.shown, enabled],
  );
  return {
    page,
    rows,
    live: state,
    held: live.held.length,
    release: () => dispatch({ type: 'release' }),
    added: rows.length - (items?.length ?? 0),
    arrivedAt: (id: string) => arrivals.current.get(id),
  };
}

export type Rows = ReturnType<typeof useRows>;
