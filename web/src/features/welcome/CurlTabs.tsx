import { useTranslation } from 'react-i18next';
import { CodeBlock } from '@/components/ui/code';
import { Tabs } from '@/components/ui/tabs';
import { curl } from '@/lib/curl';

/** The first request as a command, in its two forms. */
export function CurlTabs({ model, secret }: { model: string; secret?: string }) {
  const { t } = useTranslation();
  const form = (stream: boolean) => (
    <CodeBlock
      code={curl({ origin: window.location.origin, model, secret, stream })}
      copyLabel={t('welcome.copyCurl')}
    />
  );
  return (
    <Tabs
      label={t('welcome.sendTitle')}
      tabs={[
        { value: 'json', label: t('welcome.json'), content: form(false) },
        { value: 'stream', label: t('welcome.stream'), content: form(true) },
      ]}
    />
  );
}
