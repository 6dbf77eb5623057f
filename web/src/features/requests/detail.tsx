import { CircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { RequestView } from '@/api/client';
import { Chip } from '@/components/ui/badge';
import { cn } from '@/lib/cn';
import { bytes, count, dollars, UNKNOWN } from '@/lib/format';

/** What the client was told went wrong, first of all. */
export function ErrorCallout({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  const red = request.status === 'failed' || request.status === 'abandoned';
  if (!request.error) return null;
  const { kind, code, message } = request.error;
  return (
    <section
      aria-label={t('detail.error')}
      className={cn('flex gap-2.5 rounded-md p-3', red ? 'bg-bad-soft' : 'bg-neutral-soft')}
    >
      <CircleX className={cn('mt-0.5 size-4 shrink-0', red ? 'text-bad' : 'text-muted')} aria-hidden="true" />
      <div className="min-w-0">
        <p className="break-words font-medium">{message || kind}</p>
        <p className="num mt-0.5 text-muted text-xs">
          {[request.http_status > 0 && `HTTP ${request.http_status}`, kind, code].filter(Boolean).join(' · ')}
        </p>
      </div>
    </section>
  );
}

/** The rest of the record by subject. */
export function Sections({ request }: { request: RequestView }) {
  return (
    <>
      <Tokens request={request} />
      <Routing request={request} />
      <Client request={request} />
      <Answer request={request} />
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-1 font-semibold text-sm">{title}</h3>
      {children}
    </section>
  );
}

function Facts({ facts }: { facts: readonly (readonly [label: string, value: ReactNode, kind?: 'part'])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(140px,220px)_1fr] max-sm:grid-cols-[42%_1fr]">
      {facts.map(([label, value, kind]) => (
        <div
          key={label}
          className="col-span-2 grid min-h-7 grid-cols-subgrid items-baseline border-line border-b py-1 last:border-b-0"
        >
          <dt className={cn('text-muted', kind === 'part' && 'pl-3')}>{label}</dt>
          <dd className="num min-w-0 break-words">
            {value || value === 0 ? value : <span className="text-faint">{UNKNOWN}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Chips({ values }: { values: readonly string[] }) {
  const { t } = useTranslation();
  if (values.length === 0) return <span className="text-muted">{t('common.none')}</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {values.map((value) => (
        <Chip key={value}>{value}</Chip>
      ))}
    </span>
  );
}

function Tokens({ request }: { request: RequestView }) {
  const { t, i18n } = useTranslation();
  const { tokens, cost, reported_cost: reported } = request;
  const n = (value: number) => count(value, i18n.language);
  const money = (value: typeof cost) => value && <span title={dollars(value.nano)}>${value.usd}</span>;
  return (
    <Section title={t('detail.tokens')}>
      {!tokens && <p className="text-muted">{t('detail.noUsage')}</p>}
      {tokens && (
        <Facts
          facts={[
            [t('detail.input'), n(tokens.input)],
            [t('detail.cacheRead'), n(tokens.cache_read)],
            [t('detail.cacheWrite'), n(tokens.cache_write)],
            ...(tokens.cache_write_1h > 0
              ? ([[t('detail.cacheWrite1h'), n(tokens.cache_write_1h)]] as const)
              : []),
            [t('detail.output'), n(tokens.output)],
            [t('detail.reasoning'), n(tokens.reasoning), 'part'],
            [t('detail.total'), <strong key="total">{n(tokens.total)}</strong>],
            [t('detail.countedBy'), t(`detail.${tokens.source}`)],
            ...(tokens.flags.length > 0
              ? ([[t('detail.flags'), <Chips key="flags" values={tokens.flags} />]] as const)
              : []),
            [t('detail.cost'), money(cost) ?? <span className="text-muted">{t('common.unpriced')}</span>],
            ...(reported ? ([[t('detail.reportedCost'), money(reported)]] as const) : []),
          ]}
        />
      )}
    </Section>
  );
}

function Routing({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  return (
    <Section title={t('detail.routing')}>
      <Facts
        facts={[
          [t('detail.alias'), request.alias],
          [t('detail.provider'), request.provider],
          [t('detail.model'), request.model],
          [t('detail.servedModel'), request.served_model],
          [t('detail.attempts'), request.attempts],
          [t('detail.lane'), request.provider && t(request.passthrough ? 'detail.raw' : 'detail.codec')],
          [t('detail.protocolIn'), request.protocol_in],
          [t('detail.protocolOut'), request.protocol_out],
          [t('detail.losses'), <Chips key="losses" values={request.losses} />],
          [
            t('detail.upstreamId'),
            request.upstream_id && <span className="font-mono text-xs">{request.upstream_id}</span>,
          ],
        ]}
      />
    </Section>
  );
}

function Client({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  return (
    <Section title={t('detail.client')}>
      <Facts
        facts={[
          [t('detail.key'), request.key],
          [t('detail.label'), request.label],
          [t('detail.ip'), request.client_ip],
          [
            t('detail.call'),
            <span key="call" className="font-mono text-xs">{`${request.method} ${request.path}`}</span>,
          ],
          [t('detail.streamed'), t(request.streamed ? 'common.yes' : 'common.no')],
          [
            t('detail.clientId'),
            request.client_request_id && (
              <span className="font-mono text-xs">{request.client_request_id}</span>
            ),
          ],
        ]}
      />
    </Section>
  );
}

function Answer({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  return (
    <Section title={t('detail.answer')}>
      <Facts
        facts={[
          [t('detail.httpStatus'), request.http_status || null],
          [t('detail.finish'), request.finish_reason],
          [t('detail.requestBytes'), bytes(request.request_bytes)],
          [t('detail.responseBytes'), bytes(request.response_bytes)],
        ]}
      />
    </Section>
  );
}
