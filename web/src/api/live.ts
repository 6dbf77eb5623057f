import { useEffect, useEffectEvent, useState } from 'react';
import type { RequestQuery, RequestView } from './client';

/** The part of a list query that the live stream understands. */
export type LiveFilter = Omit<RequestQuery, 'sort' | 'order' | 'limit' | 'cursor'>;

const open = new Set<EventSource>();

/** Ends all live streams; called before signing out, which would cut them. */
export function closeLiveStreams(): void {
  for (const source of open) source.close();
  open.clear();
}

/** Repeated parameters for lists, nothing for what is absent. */
export function liveURL(filter: LiveFilter): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one) params.append(name, one);
    }
  }
  const text = params.toString();
  return `/v0/requests/live${text ? `?${text}` : ''}`;
}

export type LiveState = 'off' | 'connecting' | 'open' | 'lost';

/**
 * Calls onRequest for every request that finishes while enabled and matches
 * the filter. The browser reconnects by itself; onRefused is called when the
 * server refuses the stream, which ends it.
 */
export function useLive(
  filter: LiveFilter,
  enabled: boolean,
  onRequest: (request: RequestView) => void,
  onRefused?: () => void,
): LiveState {
  const url = liveURL(filter);
  const [state, setState] = useState<LiveState>('off');
  const receive = useEffectEvent(onRequest);
  const refused = useEffectEvent(() => onRefused?.());

  useEffect(() => {
    if (!enabled) {
      setState('off');
      return;
    }
    setState('connecting');
    const source = new EventSource(url);
    open.add(source);
    source.onopen = () => setState('open');
    source.onerror = () => {
      setState('lost');
      if (source.readyState === EventSource.CLOSED) refused();
    };
    source.addEventListener('request', (event: MessageEvent<string>) => receive(JSON.parse(event.data)));
    return () => {
      source.close();
      open.delete(source);
    };
  }, [url, enabled]);
  return state;
}
