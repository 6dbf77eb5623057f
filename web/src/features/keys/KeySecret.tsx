import { useQuery } from '@tanstack/react-query';
import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { KeyCreated } from '@/api/client';
import { queries } from '@/api/queries';
import { Button } from '@/components/ui/button';
import { CopyButton } from '@/components/ui/copy';
import { DialogBody, DialogFooter } from '@/components/ui/dialog';
import { CurlTabs } from '../welcome/CurlTabs';

/** The once-only secret with a command that uses it. */
export function KeySecret({ created, onDone }: { created: KeyCreated; onDone: () => void }) {
  const { t } = useTranslation();
  const { data: status } = useQuery(queries.status());
  const model = created.key.allowed_models.find((m) => !m.includes('*')) ?? status?.first_run.model_to_try;
  return (
    <>
      <DialogBody className="flex flex-col gap-4">
        <p className="flex gap-2 rounded-md bg-warn-soft p-3 text-warn">
          <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
          {t('keys.once')}
        </p>
        <div>
          <div className="mb-1 font-medium text-muted text-xs">{t('keys.secret')}</div>
          <div className="flex items-center gap-2 rounded-md border border-line bg-code py-1 pr-1 pl-3">
            <code className="min-w-0 flex-1 break-all font-mono text-xs" data-testid="key-secret">
              {created.secret}
            </code>
            <CopyButton text={created.secret} variant="primary" size="sm" />
          </div>
        </div>
        {model && (
          <section>
            <h3 className="mb-1 font-semibold text-sm">{t('keys.tryIt')}</h3>
            <CurlTabs model={model} secret={created.secret} />
          </section>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onDone}>{t('common.done')}</Button>
      </DialogFooter>
    </>
  );
}
