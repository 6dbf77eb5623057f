import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleX, Radio } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type KeyCreated, Problem, type RequestView } from '@/api/client';
import { useLive } from '@/api/live';
import { queries } from '@/api/queries';
import { useProblemText } from '@/app/problem';
import { PageHeader } from '@/components/shell/PageHeader';
import { Button, buttonStyle } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { Failure, Skeleton } from '@/components/ui/states';
import { cn } from '@/lib/cn';
import { milliseconds, UNKNOWN } from '@/lib/format';
import { namePattern } from '../keys/rules';
import { CurlTabs } from './CurlTabs';

/** From nothing to the first answered request, on one page. */
export function WelcomePage() {
  const { t } = useTranslation();
  const status = useQuery(queries.status());
  const [created, setCreated] = useState<KeyCreated>();
  const first = status.data?.first_run;
  return (
    <>
      <PageHeader title={t('welcome.title')} />
      <div className="min-h-0 flex-1 overflow-auto px-4 py-8">
        <div className="mx-auto flex max-w-160 flex-col gap-6">
          <p className="text-muted">{t('welcome.intro')}</p>
          {status.isPending && <Skeleton className="w-80" />}
          {status.isError && <Failure error={status.error} onRetry={() => void status.refetch()} />}
          {first && (
            <ol className="flex flex-col gap-4">
              <Step number={1} title={t('welcome.keyTitle')} done={created !== undefined}>
                <KeyStep hasKey={first.has_key} created={created} onCreated={setCreated} />
              </Step>
              <Step number={2} title={t('welcome.sendTitle')}>
                <SendStep model={first.model_to_try} hasKey={first.has_key} created={created} />
              </Step>
              <WatchStep />
            </ol>
          )}
          <Link to="/requests" className={cn(buttonStyle({ variant: 'ghost' }), 'self-start')}>
            {t('welcome.toList')}
          </Link>
        </div>
      </div>
    </>
  );
}

function Step({
  number,
  title,
  done,
  children,
}: {
  number: number;
  title: string;
  done?: boolean;
  children: ReactNode;
}) {
  return (
    <li className="rounded-lg border border-line bg-surface p-4">
      <h2 className="mb-2 flex items-center gap-2.5 font-semibold text-base">
        {done ? (
          <CircleCheck className="size-5.5 shrink-0 text-ok" aria-hidden="true" />
        ) : (
          <span
            className="num flex size-5.5 shrink-0 items-center justify-center rounded-full bg-neutral-soft text-muted text-xs"
            aria-hidden="true"
          >
            {number}
          </span>
        )}
        {title}
      </h2>
      <div className="pl-8 max-sm:pl-0">{children}</div>
    </li>
  );
}

interface KeyStepProps {
  hasKey: boolean;
  created: KeyCreated | undefined;
  onCreated: (created: KeyCreated) => void;
}

function KeyStep({ hasKey, created, onCreated }: KeyStepProps) {
  const { t } = useTranslation();
  const text = useProblemText();
  const client = useQueryClient();
  const [name, setName] = useState('first-key');
  const create = useMutation({
    mutationFn: () => api.createKey({ name }),
    onSuccess: (key) => {
      onCreated(key);
      void client.invalidateQueries({ queryKey: queries.keys().queryKey });
    },
  });
  if (created) {
    return (
      <>
        <p className="font-medium text-ok">{t('welcome.keyMade', { name: created.key.name })}</p>
        <p className="text-muted">{t('welcome.keyOnce')}</p>
      </>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const wrong =
    create.error instanceof Problem ? (create.error.fields[0]?.message ?? text(create.error)) : undefined;
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <p className="text-muted">{t(hasKey ? 'welcome.keyExists' : 'welcome.keyText')}</p>
      <div className="flex items-start gap-2">
        <div className="w-64">
          <Field label={t('welcome.keyName')} error={wrong}>
            {(props) => (
              <Input
                {...props}
                name="key-name"
                value={name}
                onChange={(e) => setName(e.target.value.toLowerCase())}
                autoComplete="off"
                spellCheck={false}
              />
            )}
          </Field>
        </div>
        <Button
          type="submit"
          variant={hasKey ? 'outline' : 'primary'}
          className="mt-5"
          disabled={create.isPending || !namePattern.test(name)}
        >
          {create.isPending ? t('welcome.creating') : t('welcome.create')}
        </Button>
      </div>
    </form>
  );
}

function SendStep({
  model,
  hasKey,
  created,
}: {
  model: string;
  hasKey: boolean;
  created: KeyCreated | undefined;
}) {
  const { t } = useTranslation();
  if (!model) return <p className="text-muted">{t('welcome.noModel')}</p>;
  if (!created && !hasKey) return <p className="text-muted">{t('welcome.sendAfterKey')}</p>;
  return (
    <>
      <p className="mb-2 text-muted">{t('welcome.sendText')}</p>
      <CurlTabs model={model} secret={created?.secret} />
    </>
  );
}

/** The light that turns green when the first request has been answered. */
function WatchStep() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [arrived, setArrived] = useState<RequestView>();
  const live = useLive(
    {},
    true,
    (request) => {
      client.setQueryData(queries.request(request.id).queryKey, request);
      void client.invalidateQueries({ queryKey: queries.status().queryKey });
      void client.invalidateQueries({ queryKey: ['requests'] });
      // An answered request stays; a failed one gives way to the next.
      setArrived((before) => (before?.status === 'ok' ? before : request));
    },
    () => void client.invalidateQueries({ queryKey: queries.session().queryKey }),
  );
  const answered = arrived?.status === 'ok';
  return (
    <Step number={3} title={t('welcome.watchTitle')} done={answered}>
      <div
        role="status"
        data-state={answered ? 'arrived' : arrived ? 'failed' : 'waiting'}
        data-testid="first-request"
        className={cn(
          'flex items-center gap-3 rounded-md p-3',
          answered ? 'bg-ok-soft' : arrived ? 'bg-bad-soft' : 'bg-neutral-soft',
        )}
      >
        {answered && <CircleCheck className="size-5 shrink-0 text-ok" aria-hidden="true" />}
        {arrived && !answered && <CircleX className="size-5 shrink-0 text-bad" aria-hidden="true" />}
        {!arrived && (
          <Radio
            className={cn('size-5 shrink-0 text-muted', live === 'open' && 'animate-pulse')}
            aria-hidden="true"
          />
        )}
        <div className="min-w-0 flex-1">
          {!arrived && (
            <>
              <p className="font-medium">{t('welcome.waiting')}</p>
              <p className="text-muted text-xs">
                {live === 'lost' ? t('welcome.offline') : t('welcome.waitingText')}
              </p>
            </>
          )}
          {answered && (
            <>
              <p className="font-medium text-ok">{t('welcome.arrived')}</p>
              <p className="text-muted text-xs">
                {t('welcome.arrivedText', {
                  alias: arrived.alias ?? UNKNOWN,
                  provider: arrived.provider ?? UNKNOWN,
                  duration: milliseconds(arrived.duration_ms),
                })}
              </p>
            </>
          )}
          {arrived && !answered && (
            <p className="break-words">
              {t('welcome.arrivedFailed', {
                message: arrived.error?.message ?? arrived.error?.kind ?? arrived.status,
              })}
            </p>
          )}
        </div>
        {arrived && (
          <Link to="/requests/$id" params={{ id: arrived.id }} className={buttonStyle({ size: 'sm' })}>
            {t('welcome.open')}
          </Link>
        )}
      </div>
    </Step>
  );
}
