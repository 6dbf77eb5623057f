import { useTranslation } from 'react-i18next';
import { chooseLanguage, type Language, languages } from '@/app/i18n';
import { setTheme, themes, useTheme } from '@/app/theme';
import { MenuRadio, MenuSeparator } from '@/components/ui/menu';

/** The menu items that choose theme and language. */
export function PreferenceItems() {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  return (
    <>
      <MenuRadio
        label={t('theme.label')}
        value={theme}
        onChange={setTheme}
        options={themes.map((value) => ({ value, label: t(`theme.${value}`) }))}
      />
      <MenuSeparator />
      <MenuRadio<Language>
        label={t('language.label')}
        value={i18n.language as Language}
        onChange={(language) => void chooseLanguage(language)}
        options={Object.entries(languages).map(([value, label]) => ({ value: value as Language, label }))}
      />
    </>
  );
}
