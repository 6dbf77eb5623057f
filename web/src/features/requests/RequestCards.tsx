import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { RefObject } from 'react';
import type { RequestView } from '@/api/client';
import { clock, milliseconds, tokens } from '@/lib/format';
import { CostCell, RouteCell } from './cells';
import { OutcomeCell } from './outcome';

/** The request log on a phone: two lines a request. */
export function RequestCards({
  rows,
  scroller,
}: {
  rows: RequestView[];
  scroller: RefObject<HTMLDivElement | null>;
}) {
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 60,
    getItemKey: (i) => rows[i]?.id ?? i,
    overscan: 8,
  });
  return (
    <ul className="relative bg-surface" style={{ height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map((item) => {
        const request = rows[item.index];
        if (!request) return null;
        return (
          <li
            key={request.id}
            className="absolute inset-x-0 h-15 border-line border-b"
            style={{ top: item.start }}
          >
            <Link
              to="/requests/$id"
              params={{ id: request.id }}
              search={true}
              state={true}
              className="flex h-full flex-col justify-center gap-1 px-4 active:bg-hover"
            >
              <span className="flex items-center justify-between gap-3">
                <span className="min-w-0 flex-1 overflow-hidden">
                  <RouteCell request={request} />
                </span>
                <OutcomeCell request={request} />
              </span>
              <span className="num flex items-center justify-between gap-3 text-faint text-xs">
                <span className="truncate">
                  {clock(request.start, new Date())} {request.key && `· ${request.key}`}
                </span>
                <span className="flex shrink-0 items-center gap-2">
                  {request.tokens && `${tokens(request.tokens.input)} / ${tokens(request.tokens.output)}`}
                  <span>{milliseconds(request.duration_ms)}</span>
                  <CostCell request={request} />
                </span>
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
