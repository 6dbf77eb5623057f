import { useQuery } from '@tanstack/react-query';
import { CircleCheck, CircleHelp, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { StatusView } from '@/api/client';
import { queries } from '@/api/queries';
import { Tooltip } from '@/components/ui/tooltip';
import { seconds } from '@/lib/format';

export function healthy(status: StatusView): boolean {
  return status.journal.ok && status.database.ok && !status.config.last_error;
}

/** The gateway's condition in one sign: icon and words, not colour alone. */
export function HealthDot() {
  const { t } = useTranslation();
  const { data: status } = useQuery(queries.status());
  const words = status ? t(healthy(status) ? 'status.ok' : 'status.attention') : t('status.unknown');
  const version =
    status && t('status.version', { version: status.version, uptime: seconds(status.uptime_seconds) });
  return (
    <Tooltip
      side="bottom"
      content={
        <>
          {words}
          {version && <div className="text-muted">{version}</div>}
        </>
      }
    >
      <button type="button" aria-label={version ? `${words}. ${version}` : words} className="rounded p-1">
        {!status && <CircleHelp className="size-4 text-faint" />}
        {status &&
          (healthy(status) ? (
            <CircleCheck className="size-4 text-ok" />
          ) : (
            <TriangleAlert className="size-4 text-warn" />
          ))}
      </button>
    </Tooltip>
  );
}
