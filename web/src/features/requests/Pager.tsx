import { ChevronFirst, ChevronLeft, ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { Select } from '@/components/ui/select';
import { pageSizes } from './search';

interface PagerProps {
  /** The page's number; undefined when an address led into the middle. */
  page: number | undefined;
  limit: number;
  onLimit: (limit: number) => void;
  onFirst?: () => void;
  onPrevious?: () => void;
  onNext?: () => void;
  total: string;
}

/** The controls below the list; what is impossible is disabled, not hidden. */
export function Pager({ page, limit, onLimit, onFirst, onPrevious, onNext, total }: PagerProps) {
  const { t } = useTranslation();
  return (
    <nav
      aria-label={t('requests.pages')}
      className="num flex h-11 shrink-0 items-center gap-3 border-line border-t bg-surface px-4 text-muted text-xs max-sm:h-13"
    >
      <span className="min-w-0 flex-1 truncate" aria-live="polite">
        {total}
      </span>
      <span className="flex items-center gap-2">
        <span className="max-sm:sr-only">{t('requests.pageSize')}</span>
        <Select
          label={t('requests.pageSize')}
          value={String(limit)}
          onChange={(value) => onLimit(Number(value))}
          options={pageSizes.map((size) => ({ value: String(size), label: String(size) }))}
          className="h-7 px-2 text-xs"
        />
      </span>
      <span className="flex items-center gap-1">
        <Button
          size="iconSm"
          aria-label={t('requests.first')}
          title={t('requests.first')}
          disabled={!onFirst}
          onClick={onFirst}
        >
          <ChevronFirst />
        </Button>
        <Button
          size="iconSm"
          aria-label={t('requests.previous')}
          title={t('requests.previous')}
          disabled={!onPrevious}
          onClick={onPrevious}
        >
          <ChevronLeft />
        </Button>
        <span className="min-w-14 text-center">
          {page === undefined ? '…' : t('requests.page', { page })}
        </span>
        <Button
          size="iconSm"
          aria-label={t('requests.next')}
          title={t('requests.next')}
          disabled={!onNext}
          onClick={onNext}
        >
          <ChevronRight />
        </Button>
      </span>
    </nav>
  );
}
