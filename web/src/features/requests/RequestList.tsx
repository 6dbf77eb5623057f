import { Link } from '@tanstack/react-router';
import { ArrowUp, ScrollText, SearchX } from 'lucide-react';
import { type PointerEvent, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, buttonStyle } from '@/components/ui/button';
import { Empty, Failure, SkeletonRows } from '@/components/ui/states';
import { useNarrow } from '@/lib/media';
import { RequestCards } from './RequestCards';
import { RequestTable } from './RequestTable';
import { isFiltered, type RequestsSearch } from './search';
import type { Address } from './useAddress';
import type { Rows } from './useRows';

const skeletons = ['w-24', 'w-16', 'w-24', 'w-64', 'w-10', 'w-10', 'w-12', 'w-14'] as const;

interface RequestListProps {
  rows: Rows;
  search: RequestsSearch;
  address: Address;
  /** The pointer rests on the list, so that rows must not move under it. */
  onHover: (on: boolean) => void;
  onScrolled: (away: boolean) => void;
}

/** The scrolling list in whichever state it is. */
export function RequestList({ rows: list, search, address, onHover, onScrolled }: RequestListProps) {
  const narrow = useNarrow();
  const scroller = useRef<HTMLDivElement>(null);
  const { page, rows } = list;
  const hover = (on: boolean) => (event: PointerEvent) => {
    if (event.pointerType === 'mouse') onHover(on);
  };
  const toTop = () => {
    list.release();
    scroller.current?.scrollTo({ top: 0 });
  };
  return (
    <div
      className="relative flex min-h-0 flex-1 flex-col"
      onPointerEnter={hover(true)}
      onPointerLeave={hover(false)}
    >
      {list.held > 0 && <NewRows count={list.held} onClick={toTop} />}
      <div
        ref={scroller}
        className="min-h-0 flex-1 overflow-auto"
        onScroll={(e) => onScrolled(e.currentTarget.scrollTop > 0)}
        aria-busy={page.isPlaceholderData}
      >
        {page.isPending && <SkeletonRows rows={16} widths={skeletons} />}
        {page.isError && (
          <Failure
            error={page.error}
            onRetry={() => (search.cursor ? address.first() : void page.refetch())}
          />
        )}
        {page.isSuccess && rows.length === 0 && (
          <Nothing filtered={isFiltered(search)} onClear={address.clear} />
        )}
        {page.isSuccess && rows.length > 0 && narrow && <RequestCards rows={rows} scroller={scroller} />}
        {page.isSuccess && rows.length > 0 && !narrow && (
          <RequestTable
            rows={rows}
            scroller={scroller}
            sort={search.sort ?? 'start'}
            ascending={search.order === 'asc'}
            onSort={address.sortBy}
            arrivedAt={list.arrivedAt}
          />
        )}
      </div>
    </div>
  );
}

/** Offers the rows that wait while the list is paused. */
function NewRows({ count, onClick }: { count: number; onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <Button
      variant="primary"
      size="sm"
      className="absolute top-10 left-1/2 z-20 -translate-x-1/2 rounded-full px-3 shadow-overlay"
      onClick={onClick}
    >
      <ArrowUp />
      {t('requests.fresh', { count })}
    </Button>
  );
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const { t } = useTranslation();
  if (filtered) {
    return (
      <Empty
        icon={SearchX}
        title={t('requests.noMatch')}
        text={t('requests.noMatchText')}
        action={<Button onClick={onClear}>{t('requests.clear')}</Button>}
      />
    );
  }
  return (
    <Empty
      icon={ScrollText}
      title={t('requests.empty')}
      text={t('requests.emptyText')}
      action={
        <Link to="/welcome" className={buttonStyle({ variant: 'primary' })}>
          {t('requests.emptyAction')}
        </Link>
      }
    />
  );
}
