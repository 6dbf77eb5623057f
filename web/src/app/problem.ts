import { useTranslation } from 'react-i18next';
import { Problem } from '@/api/client';
import en from '@/locales/en';

type Code = keyof (typeof en)['problem'];

/** Returns a function that words an error in the person's language. */
export function useProblemText(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof Problem)) return t('problem.unexpected');
    const code = (error.code in en.problem ? error.code : 'unexpected') as Code;
    return t(`problem.${code}`, { seconds: error.retryAfter ?? 60 });
  };
}
