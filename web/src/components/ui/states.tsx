import type { LucideIcon } from 'lucide-react';
import { RotateCw, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '@/app/problem';
import { cn } from '@/lib/cn';
import { Button } from './button';

/** What a page says when it has nothing to show. */
export function Empty({
  icon: Icon,
  title,
  text,
  action,
}: {
  icon: LucideIcon;
  title: string;
  text: string;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center justify-center gap-1 px-6 py-16 text-center">
      <span className="mb-2 flex size-10 items-center justify-center rounded-full bg-neutral-soft text-faint">
        <Icon className="size-5" aria-hidden="true" />
      </span>
      <h2 className="font-semibold text-base">{title}</h2>
      <p className="max-w-96 text-muted">{text}</p>
      {action && <div className="mt-3">{action}</div>}
    </div>
  );
}

/** What a page says when it could not load, with a way on. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const text = useProblemText();
  return (
    <div role="alert" className="flex flex-col items-center justify-center gap-1 px-6 py-16 text-center">
      <span className="mb-2 flex size-10 items-center justify-center rounded-full bg-bad-soft text-bad">
        <TriangleAlert className="size-5" aria-hidden="true" />
      </span>
      <h2 className="font-semibold text-base">{t('problem.title')}</h2>
      <p className="max-w-96 text-muted">{text(error)}</p>
      {onRetry && (
        <Button className="mt-3" onClick={onRetry}>
          <RotateCw />
          {t('common.retry')}
        </Button>
      )}
    </div>
  );
}

/** A grey bar in place of text that is still to come. */
export function Skeleton({ className }: { className?: string }) {
  return <span className={cn('late block h-3 animate-pulse rounded bg-neutral-soft', className)} />;
}

/** Rows of skeletons of the height of table rows. */
export function SkeletonRows({ rows, widths }: { rows: number; widths: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('common.loading')}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <div key={row} className="flex h-9 items-center gap-6 border-line border-b px-4">
          {widths.map((width, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the cells are all alike
            <Skeleton key={i} className={width} />
          ))}
        </div>
      ))}
    </div>
  );
}
