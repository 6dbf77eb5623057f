import { useQuery } from '@tanstack/react-query';
import { ArrowDownNarrowWide, ArrowUpNarrowWide, ChevronDown, Search, X } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '@/api/queries';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/field';
import { Menu, MenuCheck } from '@/components/ui/menu';
import { Select } from '@/components/ui/select';
import { cn } from '@/lib/cn';
import { type Facet, isFiltered, type RequestsSearch, type Sort, sorts, statuses } from './search';

const sortLabels = {
  start: 'time',
  duration: 'durationLong',
  ttft: 'ttftLong',
  input_tokens: 'inputLong',
  output_tokens: 'outputLong',
  cost: 'cost',
  key: 'key',
  alias: 'alias',
  provider: 'provider',
  status: 'status',
} as const satisfies Record<Sort, string>;

interface FilterBarProps {
  search: RequestsSearch;
  /** Changes the address; the page starts again from the first. */
  onChange: (change: Partial<RequestsSearch>) => void;
}

/** Filters and sorting above the list. */
export function FilterBar({ search, onChange }: FilterBarProps) {
  const { t } = useTranslation();
  const keys = useQuery(queries.keys());
  const aliases = useQuery(queries.aliases());
  const providers = useQuery(queries.providers());
  const names = (items: readonly { name: string }[] | undefined) =>
    (items ?? []).map(({ name }) => ({ value: name, label: name }));
  const facets: { facet: Facet; options: { value: string; label: string }[] }[] = [
    { facet: 'status', options: statuses.map((value) => ({ value, label: t(`outcome.${value}`) })) },
    { facet: 'key', options: names(keys.data) },
    { facet: 'alias', options: names(aliases.data) },
    { facet: 'provider', options: names(providers.data) },
  ];
  const sort = search.sort ?? 'start';
  const Direction = search.order === 'asc' ? ArrowUpNarrowWide : ArrowDownNarrowWide;
  return (
    <div className="flex min-h-11 shrink-0 flex-wrap items-center gap-1.5 border-line border-b bg-surface px-4 py-1.5 max-sm:flex-nowrap max-sm:overflow-x-auto">
      <TextFilter value={search.text ?? ''} onChange={(text) => onChange({ text: text || undefined })} />
      {facets.map(({ facet, options }) => (
        <FacetMenu
          key={facet}
          facet={facet}
          options={options}
          selected={search[facet] ?? []}
          onChange={(values) => onChange({ [facet]: values.length > 0 ? values : undefined })}
        />
      ))}
      {isFiltered(search) && (
        <Button
          variant="ghost"
          size="sm"
          className="h-8"
          onClick={() =>
            onChange({
              status: undefined,
              key: undefined,
              alias: undefined,
              provider: undefined,
              text: undefined,
            })
          }
        >
          <X />
          {t('requests.clear')}
        </Button>
      )}
      <div className="ml-auto flex shrink-0 items-center gap-1 max-sm:ml-0">
        <Select
          label={t('requests.sortBy')}
          value={sort}
          onChange={(value) => onChange({ sort: value === 'start' ? undefined : value })}
          options={sorts.map((value) => ({ value, label: t(`requests.${sortLabels[value]}`) }))}
        />
        <Button
          size="icon"
          aria-label={t(search.order === 'asc' ? 'requests.ascending' : 'requests.descending')}
          title={t(search.order === 'asc' ? 'requests.ascending' : 'requests.descending')}
          onClick={() => onChange({ order: search.order === 'asc' ? undefined : 'asc' })}
        >
          <Direction />
        </Button>
      </div>
    </div>
  );
}

/** Free text; the address follows when typing pauses. */
function TextFilter({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    // The address changed by other means, such as the back button.
    setSeen(value);
    setText(value);
  }
  const settle = useEffectEvent(onChange);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => settle(text.trim()), 300);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <div className="relative w-56 max-sm:w-44 max-sm:shrink-0">
      <Search
        className="pointer-events-none absolute top-2 left-2.5 size-4 text-faint max-sm:top-3"
        aria-hidden="true"
      />
      <Input
        type="search"
        aria-label={t('requests.search')}
        placeholder={t('requests.search')}
        value={text}
        maxLength={200}
        onChange={(e) => setText(e.target.value)}
        className="border-line pl-8"
      />
    </div>
  );
}

interface FacetMenuProps {
  facet: Facet;
  options: { value: string; label: string }[];
  selected: readonly string[];
  onChange: (values: string[]) => void;
}

function FacetMenu({ facet, options, selected, onChange }: FacetMenuProps) {
  const { t } = useTranslation();
  const name = t(`requests.${facet}`);
  // A value of the address stays selectable though nothing offers it any more.
  const stale = selected
    .filter((value) => !options.some((o) => o.value === value))
    .map((value) => ({ value, label: value }));
  const all = [...options, ...stale];
  const label = (value: string) => all.find((o) => o.value === value)?.label ?? value;
  const toggle = (value: string, on: boolean) =>
    onChange(on ? [...selected, value] : selected.filter((v) => v !== value));
  return (
    <Menu
      align="start"
      trigger={
        <Button
          aria-label={t('requests.filterBy', { name })}
          className={cn('px-2.5 font-normal', selected.length > 0 && 'border-accent/50 bg-selected')}
        >
          <span className={cn('text-muted', selected.length > 0 && 'text-accent-text')}>{name}</span>
          {selected.length > 0 && (
            <span className="max-w-32 truncate font-medium">
              {selected.length === 1
                ? label(selected[0] ?? '')
                : t('requests.selected', { count: selected.length })}
            </span>
          )}
          <ChevronDown className="size-3.5! text-faint" />
        </Button>
      }
    >
      {all.length === 0 && <div className="px-2 py-1.5 text-faint">{t('requests.noOptions')}</div>}
      {all.map((o) => (
        <MenuCheck key={o.value} checked={selected.includes(o.value)} onChange={(on) => toggle(o.value, on)}>
          {o.label}
        </MenuCheck>
      ))}
    </Menu>
  );
}
