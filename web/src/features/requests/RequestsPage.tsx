import { Outlet, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { read, write } from '@/app/storage';
import { PageHeader } from '@/components/shell/PageHeader';
import { count } from '@/lib/format';
import { FilterBar } from './FilterBar';
import { LiveSwitch } from './LiveSwitch';
import { Pager } from './Pager';
import { RequestList } from './RequestList';
import { defaultLimit, isLivePage } from './search';
import { useAddress } from './useAddress';
import { type Rows, useRows } from './useRows';

/** The request log: live, filtered, sorted and paged by the server. */
export function RequestsPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: '/inside/requests' });
  const address = useAddress(search);
  const detail = useParams({ strict: false }).id !== undefined;
  const [hovered, setHovered] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const [wantLive, setWantLive] = useState(read('plexus.live') !== 'off');
  const paused = hovered || scrolled || detail;
  const rows = useRows(search, wantLive, paused);
  const total = useTotal(rows);

  const switchLive = (on: boolean) => {
    write('plexus.live', on ? 'on' : 'off');
    setWantLive(on);
  };
  const next = rows.page.isPlaceholderData ? undefined : rows.page.data?.next;
  return (
    <>
      <PageHeader title={t('requests.title')}>
        <LiveSwitch
          wanted={wantLive}
          possible={isLivePage(search)}
          state={rows.live}
          paused={paused}
          onChange={switchLive}
        />
      </PageHeader>
      <FilterBar search={search} onChange={address.change} />
      <RequestList
        rows={rows}
        search={search}
        address={address}
        onHover={setHovered}
        onScrolled={setScrolled}
      />
      <Pager
        page={address.page}
        limit={search.limit ?? defaultLimit}
        onLimit={(limit) => address.change({ limit: limit === defaultLimit ? undefined : limit })}
        onFirst={search.cursor ? address.first : undefined}
        onPrevious={address.previous}
        onNext={next ? () => address.next(next) : undefined}
        total={total}
      />
      <Outlet />
    </>
  );
}

/** How many requests match, in words. */
function useTotal({ page, added }: Rows): string {
  const { t, i18n } = useTranslation();
  if (!page.data) return '';
  const total = page.data.total + added;
  const formatted = count(total, i18n.language);
  return page.data.total_capped
    ? t('requests.totalCapped', { formatted })
    : t('requests.total', { count: total, formatted });
}
