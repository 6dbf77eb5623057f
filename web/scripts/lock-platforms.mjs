// Completes package-lock.json after npm install: a registry mirror that serves
// the binaries of one platform only makes npm leave the others out, and then
// npm ci refuses the file here and finds no binary on another platform. Each
// missing optional package is added by the exact version its parent asks for;
// npm installs it only where os, cpu and libc match.
import { readFile, writeFile } from 'node:fs/promises';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(await readFile(path, 'utf8'));
const systems = {
  android: 'android',
  darwin: 'darwin',
  win32: 'win32',
  freebsd: 'freebsd',
  linux: 'linux',
  openharmony: 'openharmony',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
  sunos: 'sunos',
  aix: 'aix',
};
const processors = [
  'arm64',
  'x64',
  'arm',
  'ia32',
  'ppc64',
  's390x',
  'riscv64',
  'loong64',
  'mips64el',
  'wasm32',
];

/** Reads the platform off a name such as @scope/binding-linux-arm64-musl. */
function platform(name) {
  const words = name.split('/').at(-1).split('-');
  const os = words.map((w) => systems[w]).find(Boolean);
  const cpu = words
    .map((w) => processors.find((p) => w === p || (p !== 'arm64' && w.startsWith(`${p}eabi`))))
    .find(Boolean);
  const gnueabi = words.some((w) => w.startsWith('gnueabi'));
  const libc = words.includes('musl')
    ? 'musl'
    : os === 'linux' && (words.includes('gnu') || gnueabi)
      ? 'glibc'
      : undefined;
  return { ...(os && { os: [os] }), ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }) };
}

let added = 0;
for (const [, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] || !/^\d+\.\d+\.\d+/.test(version)) continue;
    const where = platform(name);
    if (!where.os && !where.cpu) continue; // not a platform's binary
    lock.packages[key] = { version, ...where, ...(parent.dev && { dev: true }), optional: true };
    added++;
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages of other platforms added`);
