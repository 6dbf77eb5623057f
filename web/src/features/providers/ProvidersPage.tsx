import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleSlash, Plug } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ProviderView } from '@/api/client';
import { queries } from '@/api/queries';
import { PageHeader } from '@/components/shell/PageHeader';
import { Badge, Chip } from '@/components/ui/badge';
import { Empty, Failure, SkeletonRows } from '@/components/ui/states';
import { Table, Td, Th } from '@/components/ui/table';
import { milliseconds, UNKNOWN } from '@/lib/format';
import { useNarrow } from '@/lib/media';

/** The providers of the configuration that serves now. */
export function ProvidersPage() {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const providers = useQuery(queries.providers());
  const List = narrow ? Cards : Rows;
  return (
    <>
      <PageHeader title={t('providers.title')} subtitle={t('providers.subtitle')} />
      <div className="min-h-0 flex-1 overflow-auto">
        {providers.isPending && <SkeletonRows rows={5} widths={['w-28', 'w-20', 'w-72', 'w-20', 'w-24']} />}
        {providers.isError && <Failure error={providers.error} onRetry={() => void providers.refetch()} />}
        {providers.data?.length === 0 && (
          <Empty icon={Plug} title={t('providers.empty')} text={t('providers.emptyText')} />
        )}
        {providers.data && providers.data.length > 0 && <List providers={providers.data} />}
      </div>
    </>
  );
}

function Rows({ providers }: { providers: ProviderView[] }) {
  const { t } = useTranslation();
  return (
    <Table className="min-w-200">
      <thead>
        <tr>
          <Th className="w-40">{t('providers.name')}</Th>
          <Th className="w-28">{t('providers.state')}</Th>
          <Th>{t('providers.endpoints')}</Th>
          <Th className="w-28">{t('providers.credential')}</Th>
          <Th className="w-56">{t('providers.models')}</Th>
          <Th className="w-20 text-right">{t('providers.timeout')}</Th>
          <Th className="w-52">{t('providers.aliases')}</Th>
        </tr>
      </thead>
      <tbody>
        {providers.map((p) => (
          <tr key={p.name} className="align-top hover:bg-hover">
            <Td className="py-2">
              <Name provider={p} />
            </Td>
            <Td className="py-2">
              <State enabled={p.enabled} />
            </Td>
            <Td className="py-2">
              <Endpoints provider={p} />
            </Td>
            <Td className="py-2 text-muted">
              {t(p.has_credential ? 'providers.hasCredential' : 'providers.noCredential')}
            </Td>
            <Td className="py-2">
              <Models provider={p} />
            </Td>
            <Td className="num py-2 text-right">
              {p.timeout_ms == null ? UNKNOWN : milliseconds(p.timeout_ms)}
            </Td>
            <Td className="py-2">
              <Aliases provider={p} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Cards({ providers }: { providers: ProviderView[] }) {
  const { t } = useTranslation();
  return (
    <ul className="bg-surface">
      {providers.map((p) => (
        <li key={p.name} className="flex flex-col gap-2 border-line border-b px-4 py-3">
          <span className="flex items-center justify-between gap-2">
            <Name provider={p} />
            <State enabled={p.enabled} />
          </span>
          <Endpoints provider={p} />
          <span className="flex flex-wrap items-center gap-1.5 text-muted text-xs">
            {t('providers.aliases')} <Aliases provider={p} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Name({ provider }: { provider: ProviderView }) {
  return (
    <Link
      to="/requests"
      search={{ provider: [provider.name] }}
      className="font-medium hover:text-accent-text hover:underline"
    >
      {provider.name}
      {provider.vendor && provider.vendor !== provider.name && (
        <span className="ml-1.5 font-normal text-faint">{provider.vendor}</span>
      )}
    </Link>
  );
}

function State({ enabled }: { enabled: boolean }) {
  const { t } = useTranslation();
  return enabled ? (
    <Badge tone="ok" icon={CircleCheck}>
      {t('common.enabled')}
    </Badge>
  ) : (
    <Badge icon={CircleSlash}>{t('common.disabled')}</Badge>
  );
}

/** Each address once, with the protocols spoken there. */
function Endpoints({ provider }: { provider: ProviderView }) {
  const byURL = new Map<string, string[]>();
  for (const { base_url, protocol } of provider.endpoints) {
    byURL.set(base_url, [...(byURL.get(base_url) ?? []), protocol]);
  }
  return (
    <ul className="flex flex-col gap-1.5">
      {[...byURL].map(([url, protocols]) => (
        <li key={url} className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 break-words font-mono text-xs">{url || UNKNOWN}</span>
          {protocols.map((protocol) => (
            <Chip key={protocol}>{protocol}</Chip>
          ))}
        </li>
      ))}
    </ul>
  );
}

function Models({ provider }: { provider: ProviderView }) {
  const { t } = useTranslation();
  if (provider.models.length === 0) return <span className="text-muted">{t('providers.anyModel')}</span>;
  const shown = provider.models.slice(0, 3);
  return (
    <span className="flex flex-wrap gap-1" title={provider.models.join('\n')}>
      {shown.map((m) => (
        <Chip key={m}>{m}</Chip>
      ))}
      {provider.models.length > shown.length && <Chip>+{provider.models.length - shown.length}</Chip>}
    </span>
  );
}

function Aliases({ provider }: { provider: ProviderView }) {
  const { t } = useTranslation();
  if (provider.aliases.length === 0) return <span className="text-faint">{t('providers.unused')}</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {provider.aliases.map((a) => (
        <Chip key={a}>{a}</Chip>
      ))}
    </span>
  );
}
