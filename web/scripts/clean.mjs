// Empties the embedded folder but for .keep, which is all that git holds of it.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';

const dist = new URL('../../internal/ui/dist/', import.meta.url);
await mkdir(dist, { recursive: true });
for (const name of await readdir(dist)) {
  if (name !== '.keep') await rm(new URL(name, dist), { recursive: true });
}
await writeFile(new URL('.keep', dist), '');
