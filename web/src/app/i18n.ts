import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from '@/locales/en';
import { read, write } from './storage';

/** The languages, each named in itself. */
export const languages = { en: 'English', 'zh-CN': '简体中文' } as const;
export type Language = keyof typeof languages;

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
  }
}

/** The stored choice, else the first language of the browser that we have. */
export function preferred(stored: string | null, browser: readonly string[]): Language {
  if (stored && stored in languages) return stored as Language;
  for (const tag of browser) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN';
    if (tag.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}

/** Loads a catalogue on first use and switches to it. */
export async function setLanguage(language: Language): Promise<void> {
  if (language === 'zh-CN' && !i18next.hasResourceBundle('zh-CN', 'translation')) {
    const { default: zhCN } = await import('@/locales/zh-CN');
    i18next.addResourceBundle('zh-CN', 'translation', zhCN);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

/** Remembers a person's choice of language and applies it. */
export async function chooseLanguage(language: Language): Promise<void> {
  write('plexus.language', language);
  await setLanguage(language);
}

export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false }, // React escapes
  });
  await setLanguage(preferred(read('plexus.language'), navigator.languages));
}
