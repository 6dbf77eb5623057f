// The browser test: signs in, makes the first request, watches it arrive,
// opens it, sorts, pages, signs out. Fails on any console message, failed or
// off-origin request, axe violation, or secret in the browser's storage.
//   PLEXUS_BIN=bin/plexus npm run e2e
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { startBrowser, startGateway, watchedPage } from './browser.mjs';

const binary = process.env.PLEXUS_BIN ?? fileURLToPath(new URL('../../bin/plexus', import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const gateway = await startGateway({ binary });
const browser = await startBrowser();
const { page, trouble } = await watchedPage(browser, gateway.url);
page.setDefaultTimeout(15_000);

let secret = '';
const step = async (name, act) => {
  await act();
  console.log(`ok  ${name}`);
};

/** Fails when axe finds anything on the page as it is. */
async function accessible(name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  );
  const lines = violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target} ${n.failureSummary}`));
  assert.deepEqual(lines, [], `axe on ${name}`);
}

/** Sends the request of a shown command and returns the answer's text. */
async function send(command, change = {}) {
  const url = /curl (?:-N )?(\S+)/.exec(command)[1];
  const key = /Bearer ([^'"]+)/.exec(command)[1];
  const body = { ...JSON.parse(/-d '(.*)'$/s.exec(command)[1]), ...change };
  const response = await fetch(url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

const command = async () => page.locator('[role=tabpanel]:not([hidden]) code').textContent();
const away = () => page.mouse.move(5, 400); // off the list, which pauses while hovered
const rows = page.locator('tbody tr:has(a)');
const times = () => page.locator('tbody tr a').allInnerTexts();
const column = (n) => page.locator(`tbody tr:has(a) td:nth-child(${n})`).allInnerTexts();

try {
  let json = '';
  await step('the start leads to signing in', async () => {
    await page.goto(`${gateway.url}/`);
    await page.getByLabel('Admin secret').waitFor();
    await accessible('sign-in');
  });
  await step('signing in by keyboard leads to the first run', async () => {
    await page.getByLabel('Admin secret').fill(gateway.secret);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/ui/welcome');
    await page.getByTestId('first-request').waitFor();
    await accessible('first run');
  });
  await step('a first key is made and its command shown', async () => {
    await page.getByLabel('Name of the key').fill('e2e');
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByText('Key e2e created').waitFor();
    json = await command();
    secret = /Bearer ([^'"]+)/.exec(json)[1];
    assert.ok(secret.length > 15 && !secret.startsWith('$'), 'the command holds the key');
    assert.ok(json.includes(gateway.url));
    await accessible('first run with a key');
  });
  await step('the shown request is answered and turns the light green', async () => {
    assert.equal(await page.getByTestId('first-request').getAttribute('data-state'), 'waiting');
    assert.match(await send(json), /"choices"/);
    await page.locator('[data-testid=first-request][data-state=arrived]').waitFor();
  });
  await step('its detail opens at its own address', async () => {
    await page.getByRole('link', { name: 'Open this request' }).click();
    await page.waitForURL(/\/ui\/requests\/[0-9a-f-]{36}$/);
    await page.getByRole('heading', { name: 'Tokens and cost' }).waitFor();
    await accessible('detail');
    await page.reload();
    await page.getByRole('heading', { name: 'Routing' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL('**/ui/requests');
  });
  await step('the streaming form arrives live in the list', async () => {
    await away();
    await rows.first().waitFor();
    const before = await rows.count();
    await page.getByText('Live', { exact: true }).waitFor();
    const streamed = await send(json, { stream: true });
    assert.match(streamed, /data: \[DONE\]/);
    await page.waitForFunction((n) => document.querySelectorAll('tbody tr a').length > n, before);
    await accessible('requests');
  });
  await step('a paused list holds new rows back until asked', async () => {
    await rows.first().hover();
    await page.getByText('Paused').waitFor();
    const before = await rows.count();
    await send(json);
    await page.getByRole('button', { name: '1 new' }).click();
    await page.waitForFunction((n) => document.querySelectorAll('tbody tr a').length > n, before);
    await away();
  });
  await step('pages go forth and back', async () => {
    for (let i = 0; i < 30; i++)
      await send(json, { messages: [{ role: 'user', content: `message ${i} ${'x'.repeat(i * 40)}` }] });
    await page.waitForFunction(() => document.body.textContent.includes('33 requests'));
    await page.goto(`${gateway.url}/ui/requests?limit=25`);
    await rows.first().waitFor();
    const first = await times();
    assert.ok(first.length >= 20);
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('Page 2').waitFor();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr a').length === 8);
    assert.ok(!(await times()).some((t) => first.includes(t)), 'no row is on both pages');
    await page.reload();
    await page.getByText('Page 2').waitFor();
    await page.getByRole('button', { name: 'Previous page' }).click();
    await page.getByText('Page 1').waitFor();
    await away();
  });
  await step('sorting by a header and by the menu is done by the server', async () => {
    await page.getByRole('button', { name: 'In', exact: true }).click();
    await page.waitForURL(/sort=input_tokens/);
    await page.waitForFunction(
      () => document.querySelector('th[aria-sort=descending]')?.textContent === 'In',
    );
    await page.getByRole('button', { name: 'In', exact: true }).click();
    await page.waitForURL(/order=asc/);
    await page.waitForFunction(() => document.querySelector('th[aria-sort=ascending]')?.textContent === 'In');
    await page.waitForFunction(() => document.querySelector('[aria-busy=false]'));
    const input = (await column(5)).map((text) =>
      text.endsWith('k') ? Number.parseFloat(text) * 1000 : Number(text),
    );
    assert.deepEqual(
      input,
      input.toSorted((a, b) => a - b),
      'rows are in order',
    );
    await page.getByRole('combobox', { name: 'Sort by' }).click();
    await page.getByRole('option', { name: 'Duration' }).click();
    await page.waitForURL(/sort=duration/);
  });
  await step('filters live in the address', async () => {
    await page.getByRole('button', { name: 'Filter by Status' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Failed' }).click();
    await page.keyboard.press('Escape');
    await page.waitForURL(/status=failed/);
    await page.getByText('No request matches').waitFor();
    await page.reload();
    await page.getByText('No request matches').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).first().click();
    await rows.first().waitFor();
  });
  await step('providers, models and keys show what is loaded', async () => {
    for (const name of ['Providers', 'Models', 'Keys']) {
      await page.getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { name, exact: true }).waitFor();
      await page.locator('tbody tr').first().waitFor();
      await accessible(name);
    }
    assert.ok(!(await page.content()).includes(secret), 'the list of keys shows no secret');
  });
  await step('a key is made, disabled and deleted', async () => {
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name', { exact: true }).fill('second');
    await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click();
    const second = await page.getByTestId('key-secret').textContent();
    await accessible('key secret');
    await page.getByRole('button', { name: 'Done' }).click();
    const row = page.locator('tbody tr', { hasText: 'second' });
    const act = async (item) => {
      await row.getByRole('button', { name: 'Actions for second' }).click();
      await page.getByRole('menuitem', { name: item }).click();
    };
    await act('Disable…');
    await page.getByRole('button', { name: 'Disable key' }).click();
    await row.getByText('Disabled').waitFor();
    const refused = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${second}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ model: 'demo', messages: [] }),
    });
    assert.ok([401, 403].includes(refused.status), `a disabled key is refused, not ${refused.status}`);
    await act('Delete…');
    await page.getByLabel('Type second to confirm').fill('second');
    await page.getByRole('button', { name: 'Delete key' }).click();
    await row.waitFor({ state: 'detached' });
  });
  await step('no secret is kept in the browser', async () => {
    const kept = await page.evaluate(
      () => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + document.cookie,
    );
    assert.ok(!kept.includes(secret) && !kept.includes(gateway.secret) && !kept.includes('session'), kept);
  });
  await step('signing out ends the session', async () => {
    await page.getByRole('link', { name: 'Requests', exact: true }).click();
    await rows.first().waitFor();
    await page.getByRole('button', { name: /^Signed in as/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL('**/ui/sign-in');
    await page.goto(`${gateway.url}/ui/keys`);
    await page.getByLabel('Admin secret').waitFor();
  });
  assert.deepEqual(trouble, [], 'the browser had nothing to complain about');
  console.log('ok  no console message, no failed and no off-origin request');
} catch (error) {
  const folder = fileURLToPath(new URL('../test-results', import.meta.url));
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/failure.png` });
  console.error(
    error,
    '\nthe browser said:',
    trouble,
    `\nsee web/test-results/failure.png; the gateway said:\n${gateway.output()}`,
  );
  process.exitCode = 1;
} finally {
  await browser.close();
  await gateway.stop();
}
