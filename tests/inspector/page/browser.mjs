/**
 * The page in a browser: node browser.mjs INSPECTOR-URL SANDBOX-URL [DIRECTORY FOR SCREENSHOTS]
 * First against a running daemon, whose shell it kills, then with ten thousand actors that are made up.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
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

/** A command is found among the requests by its id, and its trace opened; the actor of a step is a link. */
async function testRequests() {
  const id = `Page-${process.pid}.traced`;
  const answer = await fetch(new URL('/api/execute', sandbox), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': id },
    body: JSON.stringify({ sessionId: `traced-${process.pid}`, command: 'true' }),
  });
  await answer.text();
  const page = await open(`${inspector}/inspector`);
  await live(page);
  await page.locator('#views button[data-view=requests]').click();
  assert.equal(new URL(page.url()).hash, '#requests');
  const found = page.locator('#requests-rows tr', { hasText: id });
  await found.waitFor();
  await page.locator('#requests-text').fill('no such id');
  await page.locator('#requests-empty', { hasText: 'No request was found.' }).waitFor();
  await page.locator('#requests-text').fill(id.toUpperCase());
  await found.locator('td.method', { hasText: 'POST' }).click();

  const step = (name) => page.locator(`#trace-rows tr:has(.step:text-is("${name}"))`).last();
  await step('run_command').waitFor();
  await step('command').locator('.text', { hasText: 'exited with 0' }).waitFor();
  assert.match(new URL(page.url()).hash, /^#trace=[0-9a-f]{16}$/);
  await page.locator('#trace-head dd', { hasText: id }).waitFor();
  assert.equal(await page.locator('#trace-cut').isVisible(), false, 'it has ended');
  await shoot(page, 'trace-light');
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#trace-export').click()]);
  const exported = JSON.parse(await readFile(await download.path(), 'utf8'));
  assert.ok(exported.resourceSpans[0].scopeSpans[0].spans.some(({ name }) => name === 'run_command'));

  await step('run_command').locator('.path a').click();
  await selected(page, 'session');
  const ofActor = page.locator('#actor li a', { hasText: 'POST /api/execute' });
  await ofActor.waitFor();
  await page.goBack();
  await step('command').waitFor();
  await page.locator('#trace a', { hasText: 'All requests' }).click();
  await found.waitFor();
  await page.goBack();
  await page.reload();
  await step('command').waitFor();
  await page.goto(`${inspector}/inspector#trace=${encodeURIComponent(id)}`);
  await page.waitForURL(/#trace=[0-9a-f]{16}$/); // that somebody typed another id is not remembered
  await step('command').waitFor();
  await close(page);
}

/** A setting that is changed on the page is in force: one more executor of Python is started ahead. */
async function testChangedSetting() {
  const page = await open(`${inspector}/inspector`);
  await live(page);
  await page.locator('#search-text').fill('/python/executors/');
  const executors = page.locator('#tree .tree-row:visible:has(.kind:text-is("executor"))');
  await executors.nth(2).waitFor({ timeout: 30_000 });
  const before = await executors.count();

  const name = 'interpreter.python-pool-min-size';
  await page.locator('#views button[data-view=settings]').click();
  await page.locator('#settings-text').fill(name);
  await page.locator('#settings-rows button', { hasText: 'Change' }).click();
  const input = page.locator('dialog input');
  const wanted = Number(await input.inputValue()) + 1;
  await input.fill(String(wanted));
  await page.keyboard.press('Enter');
  await page.locator('#notice', { hasText: `${name} is ${wanted} now.` }).waitFor();
  await page.locator('#settings-rows code.changed', { hasText: String(wanted) }).waitFor();
  await executors.nth(before).waitFor({ timeout: 30_000 });
  console.log(`${await executors.count()} executors of Python instead of ${before}`);
  await close(page);
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
  await selected(page, '7'); // else the arrow may still be that of the root
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
  await page.locator('#drain').click();
  await page.locator('dialog input').fill('5');
  await page.locator('dialog .dangerous').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(daemon.posted.at(-1), { path: '/inspector/api/drain', body: { milliseconds: 5_000 } });

  daemon.hang();
  await page.locator('#connection', { hasText: 'connection lost' }).waitFor();
  await live(page);
  await close(page);
  daemon.close();
}

/** Requests in all states there are; nothing is asked for while the tab is hidden. */
async function testRequestsInAllStates() {
  const daemon = await startSyntheticDaemon({ inspector, actors: manyActors(20), busy: 5, token: 'right' });
  const page = await open(`${daemon.url}/inspector#requests`);
  await page.locator('dialog input').fill('right');
  await page.keyboard.press('Enter');
  const request = (text) => page.locator('#requests-rows tr', { hasText: text });
  await request('client takes nothing for').waitFor();
  assert.equal(await page.locator('#requests-rows a').count(), 9);
  assert.equal(await page.locator('#requests-rows a[href]').count(), 9, 'also of one that is not recorded, to cut it');
  const twins = await request('same').locator('a').evaluateAll((links) => links.map(({ hash }) => hash));
  assert.equal(new Set(twins).size, 2, 'two have this id, and all are of one trace');
  await shoot(page, 'requests-light');
  await page.selectOption('#theme', 'dark');
  await shoot(page, 'requests-dark');

  const see = (state) =>
    page.evaluate((wanted) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => wanted });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await see('hidden');
  await page.waitForTimeout(500);
  const asked = daemon.asked.length;
  await page.waitForTimeout(2_500);
  assert.equal(daemon.asked.length, asked);
  await see('visible');
  await page.waitForTimeout(500);
  assert.ok(daemon.asked.length > asked);

  await request('build-7').locator('a').focus();
  await page.waitForTimeout(1_500);
  await page.keyboard.press('Enter'); // what has the focus keeps it when the list is shown anew
  const running = page.locator('#trace-rows tr', { hasText: 'under way' });
  await running.waitFor();
  await shoot(page, 'trace-dark');
  await page.locator('#trace-cut').click();
  await page.locator('dialog p', { hasText: 'POST /api/execute' }).waitFor();
  await page.locator('dialog .dangerous').click();
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(daemon.posted.at(-1).path, '/inspector/api/request/cut');
  assert.equal(`#trace=${daemon.posted.at(-1).body.id}`, new URL(page.url()).hash);
  await page.selectOption('#theme', 'light');
  await shoot(page, 'trace-many-light');
  await page.setViewportSize({ width: 400, height: 800 });
  await shoot(page, 'trace-narrow');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 400);
  await page.locator('#views button[data-view=requests]').click();
  await request('build-7').waitFor();
  await shoot(page, 'requests-narrow');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 400);
  assert.equal(await page.locator('#requests b, #trace b').count(), 0, 'a text of a request became an element');

  await request('e595808b-4').locator('a').click();
  await page.locator('#trace-head dd', { hasText: 'complete' }).waitFor();
  const complete = daemon.asked.length;
  await page.waitForTimeout(2_500);
  assert.equal(daemon.asked.length, complete, 'a trace that is complete is asked for again');
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
  await testRequests();
  await testChangedSetting();
  await testManyActors();
  await testRequestsInAllStates();
  await testNarrowWithToken();
  console.log(`all well; screenshots are in ${directory}`);
} finally {
  await browser.close();
}
