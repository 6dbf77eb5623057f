import { Link, useNavigate } from '@tanstack/react-router';
import { useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { KeyboardEvent, RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { RequestView } from '@/api/client';
import { Table, Td, Th } from '@/components/ui/table';
import { cn } from '@/lib/cn';
import { type Column, columnInfo, columns, features } from './columns';
import type { Sort } from './search';

interface RequestTableProps {
  rows: RequestView[];
  scroller: RefObject<HTMLDivElement | null>;
  sort: Sort;
  ascending: boolean;
  onSort: (sort: Sort) => void;
  arrivedAt: (id: string) => number | undefined;
}

const rowHeight = 36;

/** The request log as a table; only the rows in sight are in the document. */
export function RequestTable({ rows, scroller, sort, ascending, onSort, arrivedAt }: RequestTableProps) {
  const { t } = useTranslation();
  const table = useTable({ features, columns, data: rows, getRowId: (r) => r.id });
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => rows[i]?.id ?? i,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const model = table.getRowModel().rows;
  return (
    <Table
      className="min-w-220 table-fixed"
      aria-label={t('requests.title')}
      aria-rowcount={rows.length + 1}
      onKeyDown={moveByKeys}
    >
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => (
              <HeaderCell
                key={header.id}
                info={columnInfo[header.column.id] as Column}
                sort={sort}
                ascending={ascending}
                onSort={onSort}
              />
            ))}
          </tr>
        ))}
      </thead>
      <tbody>
        {above > 0 && <Spacer height={above} />}
        {items.map((item) => {
          const row = model[item.index];
          if (!row) return null;
          return (
            <Row
              key={row.id}
              id={row.id}
              index={item.index}
              fresh={performance.now() - (arrivedAt(row.id) ?? -9999) < 1600}
            >
              {row.getAllCells().map((cell, i) => (
                <Td
                  key={cell.id}
                  className={cn(
                    'overflow-hidden text-ellipsis whitespace-nowrap',
                    columnInfo[cell.column.id]?.numeric && 'num text-right',
                    i === 0 && 'num',
                  )}
                >
                  {i === 0 ? (
                    <Link
                      to="/requests/$id"
                      params={{ id: row.id }}
                      search={true}
                      state={true}
                      className="text-muted hover:text-text"
                      title={row.original.start}
                    >
                      <table.FlexRender cell={cell} />
                    </Link>
                  ) : (
                    <table.FlexRender cell={cell} />
                  )}
                </Td>
              ))}
            </Row>
          );
        })}
        {below > 0 && <Spacer height={below} />}
      </tbody>
    </Table>
  );
}

/** Stands for the rows out of sight. */
function Spacer({ height }: { height: number }) {
  return (
    <tr style={{ height }}>
      <td colSpan={columns.length} />
    </tr>
  );
}

/** A row opens on click; by keyboard its first cell is a link. */
function Row({
  id,
  index,
  fresh,
  children,
}: {
  id: string;
  index: number;
  fresh: boolean;
  children: React.ReactNode;
}) {
  const navigate = useNavigate();
  return (
    <tr
      aria-rowindex={index + 2}
      className={cn('cursor-pointer hover:bg-hover has-[a:focus-visible]:bg-selected', fresh && 'arrived')}
      onClick={(event) => {
        const interactive = (event.target as HTMLElement).closest('a, button');
        if (interactive || window.getSelection()?.toString()) return;
        void navigate({ to: '/requests/$id', params: { id }, search: true, state: true });
      }}
    >
      {children}
    </tr>
  );
}

interface HeaderCellProps {
  info: Column;
  sort: Sort;
  ascending: boolean;
  onSort: (sort: Sort) => void;
}

function HeaderCell({ info, sort, ascending, onSort }: HeaderCellProps) {
  const { t } = useTranslation();
  const own = info.sort;
  const active = own === sort;
  const Arrow = ascending ? ArrowUp : ArrowDown;
  return (
    <Th
      className={cn(info.width, info.numeric && 'text-right')}
      aria-sort={active ? (ascending ? 'ascending' : 'descending') : undefined}
    >
      {own ? (
        <button
          type="button"
          onClick={() => onSort(own)}
          className={cn(
            'inline-flex max-w-full items-center gap-1 hover:text-text',
            active && 'font-semibold text-text',
            info.numeric && 'flex-row-reverse',
          )}
        >
          <span className="truncate">{t(`requests.${info.label}`, { count: 0 })}</span>
          {active && <Arrow className="size-3 shrink-0" aria-hidden="true" />}
        </button>
      ) : (
        t(`requests.${info.label}`, { count: 0 })
      )}
    </Th>
  );
}

/** J, K and the arrows move between rows once one is focused. */
function moveByKeys(event: KeyboardEvent<HTMLTableElement>): void {
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (!step || event.metaKey || event.ctrlKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>('tbody a')];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const next = links[at + step];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
}
