import { Toast as Base } from '@base-ui/react/toast';
import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { cn } from '@/lib/cn';
import { overlay } from './overlay';

export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Base.Provider timeout={6000} limit={3}>
      {children}
      <Base.Portal>
        <Base.Viewport className="fixed right-4 bottom-4 z-50 flex w-[min(360px,calc(100vw-32px))] flex-col gap-2 outline-none max-sm:bottom-18">
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function List() {
  const { t } = useTranslation();
  const { toasts } = Base.useToastManager();
  return toasts.map((toast) => (
    <Base.Root key={toast.id} toast={toast} className={cn(overlay, 'flex items-start gap-2.5 p-3')}>
      {toast.type === 'bad' ? (
        <TriangleAlert className="mt-px size-4 shrink-0 text-bad" />
      ) : (
        <CircleCheck className="mt-px size-4 shrink-0 text-ok" />
      )}
      <Base.Content className="min-w-0 flex-1">
        <Base.Title className="font-medium text-sm" />
        <Base.Description className="text-muted text-xs" />
      </Base.Content>
      <Base.Close aria-label={t('common.close')} className="rounded p-0.5 text-faint hover:text-text">
        <X className="size-3.5" />
      </Base.Close>
    </Base.Root>
  ));
}

/** Says what was done, or what was not. */
export function useToast() {
  const manager = Base.useToastManager();
  return {
    done: (title: string) => manager.add({ title, type: 'ok' }),
    failed: (title: string, description?: string) =>
      manager.add({ title, description, type: 'bad', priority: 'high' }),
  };
}
