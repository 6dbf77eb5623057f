import { useSyncExternalStore } from 'react';
import { read, write } from './storage';

export const themes = ['light', 'dark', 'system'] as const;
export type Theme = (typeof themes)[number];

const system = () => matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function current(): Theme {
  const stored = read('plexus.theme');
  return themes.find((t) => t === stored) ?? 'system';
}

function apply(): void {
  const theme = current();
  const dark = theme === 'dark' || (theme === 'system' && system().matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}

export function setTheme(theme: Theme): void {
  write('plexus.theme', theme);
  apply();
  for (const listener of listeners) listener();
}

/** Follows the system while that is the choice. theme.js has set the first state. */
export function startTheme(): void {
  system().addEventListener('change', apply);
}

export function useTheme(): Theme {
  return useSyncExternalStore((onChange) => {
    listeners.add(onChange);
    return () => listeners.delete(onChange);
  }, current);
}
