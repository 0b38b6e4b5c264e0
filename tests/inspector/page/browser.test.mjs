// The page in Debian's Chromium, against a daemon of its own: browser.mjs tells what it does there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { startDaemon } from '../daemon.mjs';

const missing = existsSync('/usr/bin/chromium') ? false : 'there is no /usr/bin/chromium';

test('the page shows a running daemon, and ten thousand actors', { skip: missing, timeout: 240_000 }, async () => {
  const daemon = await startDaemon();
  const screenshots = await mkdtemp(path.join(tmpdir(), 'sandboxd-page-'));
  try {
    const browser = spawn(
      process.execPath,
      [new URL('browser.mjs', import.meta.url).pathname,
        daemon.inspector, daemon.sandbox, screenshots],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [browser.stdout, browser.stderr]) stream.on('data', (bytes) => (said += bytes));
    const [code] = await once(browser, 'exit');
    assert.equal(code, 0, said);
  } finally {
    await rm(screenshots, { recursive: true, force: true });
    assert.equal(await daemon.stop(), 0);
  }
});
