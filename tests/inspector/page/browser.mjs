/**
 * The page in a browser: node browser.mjs INSPECTOR-URL SANDBOX-URL [DIRECTORY FOR SCREENSHOTS]
 * First against a running daemon, whose shell it kills, then with ten thousand actors that are made up.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { manyActors, startSyntheticDaemon } from './synthetic_daemon.mjs';

const [inspector, sandbox, directory = '/tmp/inspector-page'] = process.argv.slice(2);
if (!sandbox) {
  console.error('node browser.mjs INSPECTOR-URL SANDBOX-URL [DIRECTORY FOR SCREENSHOTS]');
  process.exit(2);
}
await mkdir(directory, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
const wide = { width: 1440, height: 900 };

/** Opens the page and fails on whatever the browser complains about, but for answers that are errors. */
async function open(url, options = {}) {
  const page = await browser.newPage({ viewport: wide, ...options });
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(error.stack));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      page.complaints.push(message.text());
  });
  await page.goto(url);
  return page;
}

const close = async (page) => {
  assert.deepEqual(page.complaints, []);
  await page.close();
};
const shoot = (page, name) => page.screenshot({ path: path.join(directory, `${name}.png`) });
const live = (page) => page.locator('#connection', { hasText: 'live' }).waitFor();
const row = (page, text) => page.locator('#tree .tree-row:visible', { hasText: text });
const kind = (page, name) => page.locator(`#tree .tree-row:visible:has(.kind:text-is("${name}"))`).first();
const selected = (page, name) =>
  page.locator(`#tree .tree-row[aria-selected=true]:has(.name:text-is("${name}"))`).waitFor();

const post = (route, body) =>
  fetch(new URL(route, sandbox), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Searches a session whose command runs, kills its shell, and sees what comes of it. */
async function testRunningDaemon() {
  const id = `page-${process.pid}`;
  await post('/api/execute', { sessionId: `other-${process.pid}`, command: 'true' });
  await post('/api/execute', { sessionId: id, command: 'true' });
  const command = post('/api/execute', { sessionId: id, command: 'sleep 30.5' }).catch(() => {});
  const page = await open(`${inspector}/inspector`);
  await live(page);

  await page.keyboard.press('/');
  await page.keyboard.type(id);
  const running = row(page, 'running: sleep 30.5');
  await running.waitFor();
  await running.click();
  await page.locator('#actor dd', { hasText: 'sleep 30.5' }).waitFor();
  const shell = kind(page, 'shell');
  await shell.click();
  const pidOf = async () => Number(await shell.locator('.pid').textContent());
  const before = await pidOf();
  assert.ok(before > 1);
  await page.locator('#actor h2', { hasText: 'shell' }).waitFor();
  const where = await page.locator('#actor h2').textContent();
  await shoot(page, 'running-light');

  const killed = Date.now();
  process.kill(before, 'SIGKILL');
  const event = (kind) => page.locator('.journal-row:visible', { hasText: kind }).filter({ hasText: where }).first();
  await event(/exited|restarting/).waitFor({ timeout: 30_000 });
  console.log(
    `in the journal ${Date.now() - killed} ms after the kill: ${await event(/exited|restarting/).textContent()}`,
  );
  await event('started').waitFor({ timeout: 30_000 });
  await shell.locator('.mark', { hasText: 'restarted' }).waitFor({ timeout: 30_000 });
  const after = await pidOf();
  assert.ok(after > 1 && after !== before, `the shell is ${after} instead of ${before}`);
  await page.locator('#actor .events', { hasText: /exited|restarting/ }).waitFor();
  await shoot(page, 'restarted-light');
  await page.selectOption('#theme', 'dark');
  await shoot(page, 'restarted-dark');

  const address = page.url();
  await command;
  await close(page);
  const linked = await open(address);
  await selected(linked, 'shell');
  await close(linked);
}

/** Ten thousand actors: only rows in sight are elements, keys work, and a tick costs little. */
async function testManyActors() {
  const daemon = await startSyntheticDaemon({ inspector, actors: manyActors(2_500), busy: 50 });
  const page = await open(`${daemon.url}/inspector`);
  await live(page);
  await page.locator('#charts output', { hasText: '10,007' }).waitFor();

  await page.locator('#tree').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('End');
  await selected(page, 'watch-registry');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await selected(page, 'root');
  await row(page, 'user-7').first().click();
  await page.locator('#tree .tree-row[aria-selected=true] .arrow').click();
  await kind(page, 'session').click();
  await page.locator('#actor h2').waitFor();
  const elements = await page.locator('#tree .tree-row').count();
  assert.ok(elements < 60, `${elements} rows`);
  await page.waitForTimeout(10_000);
  await shoot(page, 'many-light');
  await page.selectOption('#theme', 'dark');
  await page.locator('#views button[data-view=health]').click();
  await page.locator('#pools article').first().waitFor();
  await shoot(page, 'many-dark-health');
  console.log(`main thread per second: ${await mainThread(page)}`);

  await page.locator('#pools button', { hasText: 'Trip' }).first().click();
  await shoot(page, 'dialog');
  await page.keyboard.press('Escape');
  await page.locator('#actor button', { hasText: 'Restart' }).click();
  await page.locator('dialog button.dangerous').click();
  await page.locator('#notice', { hasText: 'Ordered' }).waitFor();
  assert.equal(daemon.posted[0].path, '/inspector/api/actor/restart');
  assert.match(daemon.posted[0].body.path, /\/sessions\/7\/session$/);

  await page.locator('#views button[data-view=settings]').click();
  await page.locator('#settings-rows .lost').waitFor();
  await shoot(page, 'settings');

  daemon.hang();
  await page.locator('#connection', { hasText: 'connection lost' }).waitFor();
  await live(page);
  await close(page);
  daemon.close();
}

/** How long the main thread works for each second of a page that is left alone. */
async function mainThread(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  const seconds = 10;
  const before = await read();
  await page.waitForTimeout(seconds * 1e3);
  const after = await read();
  const each = (name) => `${(((after[name] - before[name]) * 1e3) / seconds).toFixed(1)} ms`;
  return `${each('TaskDuration')} in tasks, of that ${each('ScriptDuration')} script, ${each('LayoutDuration')} layout, ${each('RecalcStyleDuration')} style`;
}

/** A token is asked for once, kept, and a narrow screen shows one view at a time. */
async function testNarrowWithToken() {
  const daemon = await startSyntheticDaemon({ inspector, actors: manyActors(20), busy: 5, token: 'right' });
  const page = await open(`${daemon.url}/inspector`, { viewport: { width: 400, height: 800 } });
  const input = page.locator('dialog input');
  await input.fill('wrong');
  await page.keyboard.press('Enter');
  await page.locator('dialog p', { hasText: 'not the right one' }).waitFor();
  await input.fill('right');
  await page.keyboard.press('Enter');
  await live(page);
  assert.equal(await page.locator('dialog').count(), 0);
  await row(page, 'file-pool').first().waitFor();
  await shoot(page, 'narrow');
  await row(page, 'file-pool').first().click();
  await page.locator('#actor .histogram').first().waitFor();
  await shoot(page, 'narrow-actor');
  await page.locator('#views button[data-view=journal]').click();
  await page.locator('.journal-row', { hasText: 'restarting' }).waitFor();
  await shoot(page, 'narrow-journal');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 400);
  assert.equal(await page.locator('#actor b, #journal b').count(), 0, 'a text of an actor became an element');
  await page.reload();
  await live(page);
  await close(page);
  daemon.close();
}

try {
  await testRunningDaemon();
  await testManyActors();
  await testNarrowWithToken();
  console.log(`all well; screenshots are in ${directory}`);
} finally {
  await browser.close();
}
