import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type KeyCreated, Problem } from '@/api/client';
import { queries } from '@/api/queries';
import { useProblemText } from '@/app/problem';
import { Button } from '@/components/ui/button';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog';
import { Field, Input, Textarea } from '@/components/ui/field';
import { Select } from '@/components/ui/select';
import { Switch } from '@/components/ui/switch';
import { KeySecret } from './KeySecret';
import { emptyForm, fieldErrors, type KeyForm, namePattern, toInput } from './rules';

/** Makes a key, then shows its secret once. The secret lives in this component only. */
export function CreateKeyDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [created, setCreated] = useState<KeyCreated>();
  const close = () => {
    setCreated(undefined);
    onClose();
  };
  const made = (key: KeyCreated) => {
    setCreated(key);
    void client.invalidateQueries({ queryKey: queries.keys().queryKey });
    void client.invalidateQueries({ queryKey: queries.status().queryKey });
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      firm={created !== undefined}
      title={created ? t('keys.made', { name: created.key.name }) : t('keys.create')}
    >
      {created ? (
        <KeySecret created={created} onDone={close} />
      ) : (
        <KeyFormBody onCreated={made} onCancel={close} />
      )}
    </Dialog>
  );
}

function KeyFormBody({
  onCreated,
  onCancel,
}: {
  onCreated: (created: KeyCreated) => void;
  onCancel: () => void;
}) {
  const { t } = useTranslation();
  const text = useProblemText();
  const [form, setForm] = useState<KeyForm>(emptyForm);
  const create = useMutation({
    mutationFn: () => api.createKey(toInput(form, new Date())),
    onSuccess: onCreated,
  });
  const errors = create.error instanceof Problem ? fieldErrors(create.error.fields) : {};
  if (create.error instanceof Problem && create.error.code === 'key-exists') errors.name = text(create.error);
  const unplaced = create.error && Object.keys(errors).length === 0 ? text(create.error) : undefined;

  const set = (change: Partial<KeyForm>) => setForm({ ...form, ...change });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <DialogBody className="flex flex-col gap-4">
        <Field label={t('keys.name')} hint={t('keys.nameHint')} error={errors.name}>
          {(props) => (
            <Input
              {...props}
              name="name"
              value={form.name}
              onChange={(e) => set({ name: e.target.value.toLowerCase() })}
              autoComplete="off"
              spellCheck={false}
              maxLength={64}
              required
            />
          )}
        </Field>
        <Field label={t('keys.comment')} hint={t('keys.commentHint')} error={errors.comment}>
          {(props) => (
            <Input
              {...props}
              value={form.comment}
              onChange={(e) => set({ comment: e.target.value })}
              maxLength={500}
            />
          )}
        </Field>
        <Field label={t('keys.expires')} error={errors.days}>
          {({ id }) => (
            <Select
              id={id}
              label={t('keys.expires')}
              value={form.days}
              onChange={(days) => set({ days })}
              options={(['', '7', '30', '90', '365'] as const).map((days) => ({
                value: days,
                label: days ? t('keys.inDays', { count: Number(days) }) : t('keys.never'),
              }))}
            />
          )}
        </Field>
        <Restrictions form={form} errors={errors} set={set} />
        {unplaced && (
          <p role="alert" className="text-bad">
            {unplaced}
          </p>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        <Button
          type="submit"
          variant="primary"
          disabled={create.isPending || !namePattern.test(form.name.trim())}
        >
          {t('keys.createSubmit')}
        </Button>
      </DialogFooter>
    </form>
  );
}

interface RestrictionsProps {
  form: KeyForm;
  errors: Partial<Record<keyof KeyForm, string>>;
  set: (change: Partial<KeyForm>) => void;
}

const lists = [
  'allowedModels',
  'excludedModels',
  'allowedProviders',
  'excludedProviders',
  'allowedIPs',
] as const;

function Restrictions({ form, errors, set }: RestrictionsProps) {
  const { t } = useTranslation();
  const troubled = [...lists, 'rpm' as const, 'concurrency' as const].some((name) => errors[name]);
  return (
    <details open={troubled || undefined} className="rounded-md border border-line px-3 py-2">
      <summary className="cursor-pointer font-medium text-muted text-sm">{t('keys.more')}</summary>
      <div className="mt-3 flex flex-col gap-4 pb-1">
        <div className="grid grid-cols-2 gap-3">
          <Field label={t('keys.rpm')} hint={t('keys.zeroHint')} error={errors.rpm}>
            {(props) => (
              <Input
                {...props}
                inputMode="numeric"
                value={form.rpm}
                onChange={(e) => set({ rpm: e.target.value.replace(/\D/g, '') })}
              />
            )}
          </Field>
          <Field label={t('keys.concurrency')} hint={t('keys.zeroHint')} error={errors.concurrency}>
            {(props) => (
              <Input
                {...props}
                inputMode="numeric"
                value={form.concurrency}
                onChange={(e) => set({ concurrency: e.target.value.replace(/\D/g, '') })}
              />
            )}
          </Field>
        </div>
        <div className="flex items-start justify-between gap-3 text-sm">
          <span className="flex flex-col">
            <span>{t('keys.strict')}</span>
            <span className="text-muted text-xs">{t('keys.strictHint')}</span>
          </span>
          <Switch checked={form.strict} onChange={(strict) => set({ strict })} label={t('keys.strict')} />
        </div>
        {lists.map((name) => (
          <Field
            key={name}
            label={t(`keys.${name}`)}
            hint={t(name === 'allowedIPs' ? 'keys.ipHint' : 'keys.listHint')}
            error={errors[name]}
          >
            {(props) => (
              <Textarea
                {...props}
                rows={2}
                spellCheck={false}
                value={form[name]}
                onChange={(e) => set({ [name]: e.target.value })}
              />
            )}
          </Field>
        ))}
      </div>
    </details>
  );
}
