import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { buttonStyle } from '@/components/ui/button';
import { Empty } from '@/components/ui/states';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Empty
      icon={Compass}
      title={t('notFound.title')}
      text={t('notFound.text')}
      action={
        <Link to="/requests" className={buttonStyle()}>
          {t('notFound.back')}
        </Link>
      }
    />
  );
}
