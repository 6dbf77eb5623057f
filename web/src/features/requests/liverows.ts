import type { RequestView } from '@/api/client';

/** Requests that arrived over the live stream since the page was loaded. */
export interface LiveRows {
  /** On the page. */
  shown: readonly RequestView[];
  /** Waiting while the list is paused. */
  held: readonly RequestView[];
}

/** No more are kept; the oldest are forgotten first and are on later pages. */
export const liveLimit = 500;

export const noRows: LiveRows = { shown: [], held: [] };

export type LiveAction =
  | { type: 'arrive'; request: RequestView; paused: boolean }
  | { type: 'release' }
  | { type: 'reset' };

export function liveReducer(state: LiveRows, action: LiveAction): LiveRows {
  switch (action.type) {
    case 'arrive': {
      const into = action.paused ? 'held' : 'shown';
      return { ...state, [into]: [action.request, ...state[into]].slice(0, liveLimit) };
    }
    case 'release':
      return { shown: [...state.held, ...state.shown].slice(0, liveLimit), held: [] };
    case 'reset':
      return noRows;
  }
}

/** Newest first; of two that began in the same moment, the larger id. */
const newestFirst = (a: RequestView, b: RequestView): number =>
  Date.parse(b.start) - Date.parse(a.start) || (a.id < b.id ? 1 : -1);

/**
 * Joins the first page as loaded with what arrived since. A request that began
 * before the last row of the page belongs to a later page, if there is one.
 */
export function mergeRows(
  page: readonly RequestView[],
  arrived: readonly RequestView[],
  hasNext: boolean,
): RequestView[] {
  const known = new Set(page.map((r) => r.id));
  const last = page.at(-1);
  const fresh = arrived.filter((r) => {
    if (known.has(r.id)) return false;
    known.add(r.id);
    return !(hasNext && last && newestFirst(r, last) > 0);
  });
  return fresh.length === 0 ? [...page] : [...fresh, ...page].sort(newestFirst);
}
