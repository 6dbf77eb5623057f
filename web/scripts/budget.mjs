// Fails when the first load has grown beyond its budget (gzip, in KB).
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../../internal/ui/dist', import.meta.url));
const budget = { entryJS: 220, css: 25, total: 3 * 1024 };

const html = await readFile(join(dist, 'index.html'), 'utf8');
const linked = [...html.matchAll(/(?:src|href)="\/ui\/(assets\/[^"]+)"/g)].map((m) => m[1]);
const gz = async (names) => {
  let sum = 0;
  for (const name of names) sum += gzipSync(await readFile(join(dist, name)), { level: 9 }).length;
  return sum / 1024;
};
let total = 0;
for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (entry.isFile()) total += (await stat(join(entry.parentPath, entry.name))).size / 1024;
}
const measured = {
  entryJS: await gz(linked.filter((n) => n.endsWith('.js'))),
  css: await gz(linked.filter((n) => n.endsWith('.css'))),
  total,
};
let over = false;
for (const [what, limit] of Object.entries(budget)) {
  const size = measured[what];
  console.log(`${what.padEnd(8)} ${size.toFixed(1).padStart(8)} KB of ${limit}`);
  over ||= size > limit;
}
if (over) {
  console.error('over budget');
  process.exit(1);
}
