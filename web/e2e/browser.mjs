// Starts a gateway and a browser for the browser tests and the screenshots.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts the binary with an empty data folder on a free port and reads its
 * address and admin secret from its output.
 */
export async function startGateway({ binary, args = [], timeout = 30_000 }) {
  const dataDir = await mkdtemp(join(tmpdir(), 'plexus-e2e-'));
  const child = spawn(binary, ['serve', '--data-dir', dataDir, '--listen', '127.0.0.1:0', ...args], {
    cwd: dataDir,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const found = await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no address and secret within ${timeout} ms:\n${output}`)),
      timeout,
    );
    const read = (chunk) => {
      output += chunk;
      const url = /https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+(?=\D)/.exec(output)?.[0];
      const secret = /admin secret\W+(\S+)\s/i.exec(output)?.[1];
      if (!url || !secret) return;
      clearTimeout(timer);
      resolve({ url, secret });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}:\n${output}`)));
  });
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ...found, stop, output: () => output };
}

export async function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: flags,
  });
}

/** Opens a page that notes every console error, failed request and off-origin request. */
export async function watchedPage(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const trouble = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      trouble.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => trouble.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:') && !url.startsWith('blob:'))
      trouble.push(`off-origin: ${url}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) trouble.push(`${response.status()}: ${response.url()}`);
  });
  return { context, page, trouble };
}
