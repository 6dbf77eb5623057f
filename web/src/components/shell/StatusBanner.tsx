import { useQuery } from '@tanstack/react-query';
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { StatusView } from '@/api/client';
import { queries } from '@/api/queries';

/** Says above every page what is wrong with the gateway itself. */
export function StatusBanner() {
  const { t } = useTranslation();
  const { data: status } = useQuery(queries.status());
  if (!status) return null;
  const { config, journal, database } = status;
  return (
    <>
      {config.last_error && <ReloadFailed config={config} />}
      {!database.ok && <Line>{t('status.database')}</Line>}
      {!journal.ok && (
        <Line>
          {t('status.journal')}
          {journal.error && `: ${journal.error}`}
        </Line>
      )}
    </>
  );
}

function Line({ children }: { children: ReactNode }) {
  return (
    <div
      role="status"
      className="flex items-start gap-2 border-line border-b bg-warn-soft px-4 py-2 text-sm text-warn"
    >
      <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}

function ReloadFailed({ config }: { config: StatusView['config'] }) {
  const { t } = useTranslation();
  const problems = config.last_error?.problems ?? [];
  return (
    <Line>
      <span className="font-medium">{t('status.reloadFailed')}.</span>{' '}
      {t('status.stillServing', { revision: config.revision })}
      <details className="mt-0.5" open={problems.length === 1}>
        <summary className="cursor-pointer">{t('status.problems', { count: problems.length })}</summary>
        <ul className="mt-1 flex flex-col gap-1 font-mono text-xs">
          {problems.map((p) => (
            <li key={`${p.file}:${p.line}:${p.column}:${p.message}`}>
              {[p.file, p.line, p.column].filter(Boolean).join(':')} {p.path} {p.message}
            </li>
          ))}
        </ul>
      </details>
    </Line>
  );
}
