/**
 * Preferences of this browser: theme, language, layout. Nothing secret is ever
 * stored; the session lives in a cookie that scripts cannot read.
 */
export type Preference = 'plexus.theme' | 'plexus.language' | 'plexus.rail' | 'plexus.live';

export function read(name: Preference): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is refused; the default holds
  }
}

export function write(name: Preference, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Storage is refused or full; the choice holds until the page closes.
  }
}
