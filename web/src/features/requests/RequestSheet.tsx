import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { RequestView } from '@/api/client';
import { queries } from '@/api/queries';
import { CopyButton } from '@/components/ui/copy';
import { Dialog, DialogBody } from '@/components/ui/dialog';
import { Failure, Skeleton } from '@/components/ui/states';
import { dateTime } from '@/lib/format';
import { ErrorCallout, Sections } from './detail';
import { OutcomeBadge, outcomeOf } from './outcome';
import { Timeline } from './Timeline';

/** Everything about one request, beside the list; it has its own address. */
export function RequestSheet() {
  const { t, i18n } = useTranslation();
  const { id } = useParams({ from: '/inside/requests/$id' });
  const navigate = useNavigate();
  const request = useQuery(queries.request(id));
  const close = () => void navigate({ to: '/requests', search: true, state: true });
  return (
    <Dialog
      open
      onClose={close}
      shape="sheet"
      title={
        <span className="flex items-center gap-2">
          {request.data ? <OutcomeBadge request={request.data} /> : t('detail.title')}
          <span className="truncate">{request.data?.alias ?? ''}</span>
        </span>
      }
      description={request.data && <span className="num">{dateTime(request.data.start, i18n.language)}</span>}
    >
      <DialogBody className="flex flex-col gap-5">
        <div className="flex items-center gap-1 text-faint text-xs">
          <span className="min-w-0 truncate font-mono">{id}</span>
          <CopyButton text={id} label={t('detail.copyId')} variant="ghost" size="iconSm" />
        </div>
        {request.isPending && <Waiting />}
        {request.isError && <Failure error={request.error} onRetry={() => void request.refetch()} />}
        {request.data && <Detail request={request.data} />}
      </DialogBody>
    </Dialog>
  );
}

function Detail({ request }: { request: RequestView }) {
  const { t } = useTranslation();
  return (
    <>
      {request.error ? (
        <ErrorCallout request={request} />
      ) : (
        <p className="-mt-3 text-muted">{t(`outcomeText.${outcomeOf(request)}`)}</p>
      )}
      <Timeline request={request} />
      <Sections request={request} />
    </>
  );
}

function Waiting() {
  return (
    <div className="flex flex-col gap-3">
      {['w-72', 'w-full', 'w-56', 'w-80', 'w-64'].map((width) => (
        <Skeleton key={width} className={width} />
      ))}
    </div>
  );
}
