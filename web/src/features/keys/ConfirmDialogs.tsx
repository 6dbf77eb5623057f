import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Input } from '@/components/ui/field';

interface ConfirmProps {
  name: string;
  busy: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before refusing the key's requests, which can be undone. */
export function DisableDialog({ name, busy, onConfirm, onClose }: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <Dialog open onClose={onClose} title={t('keys.disableTitle', { name })}>
      <DialogBody>{t('keys.disableText')}</DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button variant="primary" disabled={busy} onClick={onConfirm}>
          {t('keys.disableConfirm')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

/** Asks for the name before deleting, which cannot be undone. */
export function RemoveDialog({ name, busy, onConfirm, onClose }: ConfirmProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  return (
    <Dialog open onClose={onClose} title={t('keys.removeTitle', { name })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === name) onConfirm();
        }}
      >
        <DialogBody className="flex flex-col gap-3">
          <p>{t('keys.removeText')}</p>
          <Field label={t('keys.removeType', { name })}>
            {(props) => (
              <Input
                {...props}
                name="confirm"
                value={typed}
                onChange={(e) => setTyped(e.target.value)}
                autoComplete="off"
                spellCheck={false}
              />
            )}
          </Field>
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" variant="danger" disabled={busy || typed !== name}>
            {t('keys.removeConfirm')}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
