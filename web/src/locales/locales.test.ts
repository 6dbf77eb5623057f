import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import en from './en';
import zhCN from './zh-CN';

/** All leaves of a catalogue as path → text. */
function flatten(node: object, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(node).flatMap(([name, value]) =>
      typeof value === 'string'
        ? [[prefix + name, value]]
        : Object.entries(flatten(value, `${prefix}${name}.`)),
    ),
  );
}

const english = flatten(en);
const chinese = flatten(zhCN);
const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();

test('both catalogues hold the same texts', () => {
  expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
});

test.each(Object.keys(english))('%s is translated and keeps its placeholders', (path) => {
  expect(chinese[path]).toBeTruthy();
  expect(holes(chinese[path] ?? '')).toEqual(holes(english[path] ?? ''));
});

/** All sources but tests and catalogues. */
function sources(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|locales/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

test('every text is used', () => {
  // The server names problems and selectors; the page only looks them up.
  const server = ['problem.go', 'aliases.go'].map((f) =>
    readFileSync(join(import.meta.dirname, '../../../internal/admin', f), 'utf8'),
  );
  const code = sources(join(import.meta.dirname, '..')) + server.join('\n');
  const unused = Object.keys(english).filter((path) => {
    const whole = path.replace(/_(one|other)$/, '');
    if (code.includes(`'${whole}'`)) return false;
    // Otherwise it is composed: `area.${name}` with the name written somewhere.
    const dot = whole.lastIndexOf('.');
    const [area, name] = [whole.slice(0, dot), whole.slice(dot + 1)];
    return !(code.includes(`\`${area}.\${`) && new RegExp(`\\b${name}\\b`).test(code));
  });
  expect(unused).toEqual([]);
});
