import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Eye, EyeOff } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { queries } from '@/api/queries';
import { useProblemText } from '@/app/problem';
import { Mark } from '@/components/shell/Mark';
import { PreferencesMenu } from '@/components/shell/PreferencesMenu';
import { Button } from '@/components/ui/button';
import { Field, Input } from '@/components/ui/field';
import { useDocumentTitle } from '@/lib/title';
import { destination } from './destination';

export function SignInPage() {
  const { t } = useTranslation();
  const text = useProblemText();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { next } = useSearch({ from: '/sign-in' });
  const [secret, setSecret] = useState('');
  const [visible, setVisible] = useState(false);
  useDocumentTitle(t('session.title'));

  const signIn = useMutation({
    mutationFn: api.signIn,
    onSuccess: async (session) => {
      setSecret('');
      client.clear(); // nothing of an earlier session may show
      client.setQueryData(queries.session().queryKey, session);
      await navigate(destination(next));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate(secret.trim());
  };

  return (
    <main className="flex h-full flex-col items-center overflow-y-auto px-4 pt-[18vh] pb-10">
      <div className="absolute top-3 right-3">
        <PreferencesMenu />
      </div>
      <form
        onSubmit={submit}
        className="flex w-full max-w-88 flex-col gap-4 rounded-lg border border-line bg-surface p-6"
      >
        <div className="flex items-center gap-2.5">
          <Mark className="size-7" />
          <h1 className="font-semibold text-lg">Plexus</h1>
        </div>
        {next && !signIn.error && <p className="text-muted text-xs">{t('session.ended')}</p>}
        <Field
          label={t('session.secret')}
          hint={t('session.hint')}
          error={signIn.error ? text(signIn.error) : undefined}
        >
          {(props) => (
            <div className="relative">
              <Input
                {...props}
                name="secret"
                type={visible ? 'text' : 'password'}
                value={secret}
                onChange={(e) => setSecret(e.target.value)}
                autoComplete="current-password"
                spellCheck={false}
                required
                autoFocus
                className="h-9 pr-9 font-mono"
              />
              <Button
                variant="ghost"
                size="iconSm"
                className="absolute top-1 right-1 max-sm:top-0.5"
                aria-label={visible ? t('session.hide') : t('session.show')}
                onClick={() => setVisible(!visible)}
              >
                {visible ? <EyeOff /> : <Eye />}
              </Button>
            </div>
          )}
        </Field>
        <Button type="submit" variant="primary" className="h-9" disabled={signIn.isPending || !secret.trim()}>
          {signIn.isPending ? t('session.busy') : t('session.submit')}
        </Button>
      </form>
    </main>
  );
}
