import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { cn } from '@/lib/cn';
import { Button } from './button';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  /** A dialog in the middle, or a sheet at the right edge. */
  shape?: 'middle' | 'sheet';
  initialFocus?: RefObject<HTMLElement | null>;
  /** Refuses to close by Escape or a click beside it. */
  firm?: boolean;
  headerExtra?: ReactNode;
}

const shapes = {
  middle:
    'top-[12vh] left-1/2 max-h-[80dvh] w-[min(520px,calc(100vw-24px))] -translate-x-1/2 rounded-lg border border-line data-starting-style:translate-y-1 data-starting-style:opacity-0 data-ending-style:opacity-0',
  sheet:
    'inset-y-0 right-0 w-[min(760px,60vw)] border-line border-l data-starting-style:translate-x-4 data-starting-style:opacity-0 data-ending-style:translate-x-4 data-ending-style:opacity-0 max-lg:w-[min(760px,85vw)] max-sm:w-screen max-sm:border-l-0',
};

/** A modal dialog; focus returns to where it was when it closes. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  children,
  shape = 'middle',
  initialFocus,
  firm,
  headerExtra,
}: DialogProps) {
  const { t } = useTranslation();
  return (
    <Base.Root
      open={open}
      onOpenChange={(next, details) => {
        if (next) return;
        if (firm && (details.reason === 'escape-key' || details.reason === 'outside-press')) return;
        onClose();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-scrim transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          initialFocus={initialFocus}
          className={cn(
            'fixed z-40 flex flex-col bg-raised text-text shadow-overlay outline-none transition-[opacity,translate] duration-150',
            shapes[shape],
          )}
        >
          <header className="flex min-h-12 items-center gap-2 border-line border-b py-2 pr-2 pl-4">
            <div className="min-w-0 flex-1">
              <Base.Title className="truncate font-semibold text-base">{title}</Base.Title>
              {description && (
                <Base.Description className="text-muted text-xs">{description}</Base.Description>
              )}
            </div>
            {headerExtra}
            <Base.Close render={<Button variant="ghost" size="icon" aria-label={t('common.close')} />}>
              <X />
            </Base.Close>
          </header>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** The scrolling middle of a dialog. */
export function DialogBody({ className, ...rest }: { className?: string; children: ReactNode }) {
  return <div className={cn('min-h-0 flex-1 overflow-y-auto p-4', className)} {...rest} />;
}

/** The buttons of a dialog, the main one last. */
export function DialogFooter({ children }: { children: ReactNode }) {
  return <footer className="flex justify-end gap-2 border-line border-t px-4 py-3">{children}</footer>;
}
