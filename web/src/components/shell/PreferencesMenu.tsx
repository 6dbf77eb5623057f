import { Settings2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/components/ui/button';
import { Menu } from '@/components/ui/menu';
import { PreferenceItems } from './PreferenceItems';

/** Theme and language, for pages without the rail. */
export function PreferencesMenu() {
  const { t } = useTranslation();
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={`${t('theme.label')}, ${t('language.label')}`}>
          <Settings2 />
        </Button>
      }
    >
      <PreferenceItems />
    </Menu>
  );
}
