import { useLocation, useNavigate } from '@tanstack/react-router';
import type { RequestsSearch } from './search';

/** Moves about the list by changing its address. */
export function useAddress(search: RequestsSearch) {
  const navigate = useNavigate();
  const trail = useLocation({ select: (location) => location.state.trail });
  const go = (next: RequestsSearch, nextTrail?: string[]) =>
    void navigate({ to: '/requests', search: next, state: nextTrail ? { trail: nextTrail } : {} });
  const change = (part: Partial<RequestsSearch>) => go({ ...search, ...part, cursor: undefined });
  const before = search.cursor ? trail : undefined;
  return {
    change,
    clear: () => go({ sort: search.sort, order: search.order, limit: search.limit }),
    first: () => go({ ...search, cursor: undefined }),
    previous:
      before && before.length > 0
        ? () => go({ ...search, cursor: before.at(-1) || undefined }, before.slice(0, -1))
        : undefined,
    next: (cursor: string) => go({ ...search, cursor }, [...(before ?? []), search.cursor ?? '']),
    /** Another column sorts by its largest first; the same column turns around. */
    sortBy: (sort: NonNullable<RequestsSearch['sort']>) =>
      change(
        sort === (search.sort ?? 'start')
          ? { order: search.order === 'asc' ? undefined : 'asc' }
          : { sort: sort === 'start' ? undefined : sort, order: undefined },
      ),
    page: search.cursor ? (before && before[0] === '' ? before.length + 1 : undefined) : 1,
  };
}

export type Address = ReturnType<typeof useAddress>;
