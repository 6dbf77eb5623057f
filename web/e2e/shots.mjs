// Photographs every page of a gateway in memory, for eyes and for docs/images.
//   node e2e/shots.mjs [folder] [--docs]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBrowser, startGateway, watchedPage } from './browser.mjs';

const binary = process.env.PLEXUS_DEVSERVER;
if (!binary) throw new Error('PLEXUS_DEVSERVER names the built internal/admin/admintest/devserver');
const forDocs = process.argv.includes('--docs');
const folder = forDocs
  ? fileURLToPath(new URL('../../docs/images', import.meta.url))
  : (process.argv[2] ?? 'test-results/shots');
await mkdir(folder, { recursive: true });

const full = await startGateway({ binary, args: ['--fill', '1280'] });
const empty = await startGateway({ binary });
const broken = await startGateway({ binary, args: ['--fill', '40', '--broken-config'] });
const browser = await startBrowser();
const trouble = [];

async function signedIn(gateway, options) {
  const watched = await watchedPage(browser, gateway.url, options);
  await watched.page.goto(`${gateway.url}/ui/sign-in`);
  await watched.page.getByLabel(/^(Admin secret|管理密钥)$/).fill(gateway.secret);
  await watched.page.keyboard.press('Enter');
  await watched.page.waitForURL(/\/ui\/(welcome|requests)/);
  return watched;
}

async function shoot(gateway, options, name, path, act) {
  const { page, context, trouble: found } = await signedIn(gateway, options);
  await page.goto(`${gateway.url}/ui${path}`);
  await page.waitForTimeout(700);
  if (act) {
    await act(page);
    await page.waitForTimeout(400);
  }
  await page.screenshot({ path: join(folder, `${name}.png`) });
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  if (sideways) found.push('scrolls sideways');
  trouble.push(...found.map((line) => `${name}: ${line}`));
  await context.close();
}

const wide = { viewport: { width: 1440, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const detail = async (page) => {
  await page.locator('tbody a, ul a').nth(3).click();
};
const failedDetail = async (page) => {
  await page.locator('tbody a, ul a').first().click();
};
const newKey = async (page) => {
  await page.getByRole('button', { name: 'New key' }).first().click();
  await page.waitForTimeout(250);
};
const firstKey = async (page) => page.getByRole('button', { name: 'Create key' }).click();

if (forDocs) {
  await shoot(full, { ...wide, colorScheme: 'light' }, 'requests-light', '/requests');
  await shoot(full, { ...wide, colorScheme: 'dark' }, 'requests-dark', '/requests');
  await shoot(empty, { ...wide, colorScheme: 'light' }, 'first-run', '/welcome', firstKey);
  await shoot(full, { ...wide, colorScheme: 'light' }, 'providers', '/providers');
  await shoot(full, { ...wide, colorScheme: 'light' }, 'keys', '/keys');
} else {
  for (const colorScheme of ['light', 'dark']) {
    for (const [size, shape] of [
      ['wide', wide],
      ['phone', phone],
    ]) {
      const options = { ...shape, colorScheme };
      const tag = `${colorScheme}-${size}`;
      await shoot(full, options, `requests-${tag}`, '/requests');
      await shoot(
        full,
        options,
        `requests-filtered-${tag}`,
        '/requests?status=failed&status=refused&sort=duration',
      );
      await shoot(full, options, `detail-${tag}`, '/requests', detail);
      await shoot(full, options, `detail-failed-${tag}`, '/requests?status=failed', failedDetail);
      await shoot(full, options, `providers-${tag}`, '/providers');
      await shoot(full, options, `models-${tag}`, '/models');
      await shoot(full, options, `keys-${tag}`, '/keys');
      await shoot(full, options, `keys-new-${tag}`, '/keys', newKey);
      await shoot(empty, options, `welcome-${tag}`, '/welcome');
      await shoot(empty, options, `requests-empty-${tag}`, '/requests');
      await shoot(broken, options, `broken-${tag}`, '/requests');
      await shoot(full, { ...options, locale: 'zh-CN' }, `requests-zh-${tag}`, '/requests');
      const { page, context } = await watchedPage(browser, full.url, options);
      await page.goto(`${full.url}/ui/`);
      await page.waitForTimeout(500);
      await page.screenshot({ path: join(folder, `sign-in-${tag}.png`) });
      await context.close();
    }
  }
}

await browser.close();
for (const gateway of [full, empty, broken]) await gateway.stop();
if (trouble.length > 0) {
  console.error(trouble.join('\n'));
  process.exitCode = 1;
}
