import { useTranslation } from 'react-i18next';
import type { RequestView } from '@/api/client';
import { Badge } from '@/components/ui/badge';
import { dollars, UNKNOWN } from '@/lib/format';

/** The key's name and label. */
export function KeyCell({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  if (!request.key) return <span className="text-faint">{t('requests.noKey')}</span>;
  return (
    <span className="flex min-w-0 items-baseline gap-1.5">
      <span className="truncate">{request.key}</span>
      {request.label && <span className="truncate text-2xs text-faint">{request.label}</span>}
    </span>
  );
}

/** What was asked for and who answered. */
export function RouteCell({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  const target = request.provider && `${request.provider}/${request.model ?? ''}`;
  return (
    <span
      className="flex min-w-0 items-baseline gap-1.5"
      title={target ? `${request.alias ?? ''} → ${target}` : undefined}
    >
      <span className="max-w-[45%] shrink-0 truncate font-medium">
        {request.alias ?? <span className="font-normal text-faint">{t('requests.noAlias')}</span>}
      </span>
      {target ? (
        <span className="truncate text-muted">→ {target}</span>
      ) : (
        request.error && (
          <span className="truncate text-faint">{request.error.code ?? request.error.kind}</span>
        )
      )}
    </span>
  );
}

/** The cost; "unpriced" where no price is set, and nothing where nothing was used. */
export function CostCell({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  if (request.cost) return <span title={`$${request.cost.usd}`}>{dollars(request.cost.nano)}</span>;
  if (!request.tokens) return <span className="text-faint">{UNKNOWN}</span>;
  return <Badge className="font-normal">{t('common.unpriced')}</Badge>;
}
