// Generates the API types from docs/openapi.yaml. With --check it only says
// whether the committed file is current.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../../docs/openapi.yaml', import.meta.url);
const target = new URL('../src/api/schema.ts', import.meta.url);

const header = '// Generated from docs/openapi.yaml by `npm run gen`. Do not edit.\n\n';
const want = header + astToString(await openapiTS(source));

if (process.argv.includes('--check')) {
  const have = await readFile(target, 'utf8').catch(() => '');
  if (have !== want) {
    console.error('web/src/api/schema.ts is not current: run npm run gen');
    process.exit(1);
  }
} else {
  await writeFile(target, want);
}
