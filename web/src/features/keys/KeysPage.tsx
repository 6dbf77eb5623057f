import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type KeyView } from '@/api/client';
import { queries } from '@/api/queries';
import { useProblemText } from '@/app/problem';
import { PageHeader } from '@/components/shell/PageHeader';
import { Button } from '@/components/ui/button';
import { Empty, Failure, SkeletonRows } from '@/components/ui/states';
import { useToast } from '@/components/ui/toast';
import { useNarrow } from '@/lib/media';
import { DisableDialog, RemoveDialog } from './ConfirmDialogs';
import { CreateKeyDialog } from './CreateKeyDialog';
import { KeyCards, KeyRows } from './KeyRows';

export type KeyAction = 'disable' | 'enable' | 'remove';

/** The clients' keys, of the configuration and of the database. */
export function KeysPage() {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const keys = useQuery(queries.keys());
  const [creating, setCreating] = useState(false);
  const { act, asking, close, confirm, busy } = useKeyActions();
  const List = narrow ? KeyCards : KeyRows;
  const create = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus />
      {t('keys.create')}
    </Button>
  );
  return (
    <>
      <PageHeader title={t('keys.title')} subtitle={t('keys.subtitle')}>
        {create}
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-auto">
        {keys.isPending && <SkeletonRows rows={5} widths={['w-36', 'w-20', 'w-16', 'w-64', 'w-24']} />}
        {keys.isError && <Failure error={keys.error} onRetry={() => void keys.refetch()} />}
        {keys.data?.length === 0 && (
          <Empty icon={KeyRound} title={t('keys.empty')} text={t('keys.emptyText')} action={create} />
        )}
        {keys.data && keys.data.length > 0 && <List keys={keys.data} onAction={act} />}
      </div>
      <CreateKeyDialog open={creating} onClose={() => setCreating(false)} />
      {asking?.action === 'disable' && (
        <DisableDialog name={asking.key.name} busy={busy} onConfirm={confirm} onClose={close} />
      )}
      {asking?.action === 'remove' && (
        <RemoveDialog name={asking.key.name} busy={busy} onConfirm={confirm} onClose={close} />
      )}
    </>
  );
}

/** Changes keys, asking first where a client would notice. */
function useKeyActions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const toast = useToast();
  const text = useProblemText();
  const [asking, setAsking] = useState<{ key: KeyView; action: KeyAction }>();
  const change = useMutation({
    mutationFn: async ({ key, action }: { key: KeyView; action: KeyAction }) => {
      if (action === 'remove') await api.deleteKey(key.name);
      else await api.updateKey(key.name, { disabled: action === 'disable' });
    },
    onSuccess: (_, { key, action }) => {
      const said = {
        disable: 'keys.disabledDone',
        enable: 'keys.enabledDone',
        remove: 'keys.removedDone',
      } as const;
      toast.done(t(said[action], { name: key.name }));
    },
    onError: (error) => toast.failed(t('problem.title'), text(error)),
    onSettled: () => {
      setAsking(undefined);
      return client.invalidateQueries({ queryKey: queries.keys().queryKey });
    },
  });
  return {
    asking,
    busy: change.isPending,
    act: (key: KeyView, action: KeyAction) =>
      action === 'enable' ? change.mutate({ key, action }) : setAsking({ key, action }),
    confirm: () => asking && change.mutate(asking),
    close: () => setAsking(undefined),
  };
}
