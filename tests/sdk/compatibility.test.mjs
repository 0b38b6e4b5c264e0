// Every endpoint, driven by the published SDKs and compared: dialect A with its reference server, dialect B with the
// protocol. docs/compatibility.md is written from the same data.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { unexplained } from './compatibility/compare.mjs';
import { describePart, differences, differencesOf } from './compatibility/differences.mjs';
import { committed, document } from './compatibility/document.mjs';
import { endpoints, isRequestOf, sdks, sdksOf } from './compatibility/endpoints.mjs';
import { startReference } from './compatibility/reference.mjs';
import { rowsA } from './compatibility/rows_a.mjs';
import { rowsB } from './compatibility/rows_b.mjs';
import { startService } from './compatibility/service.mjs';
import { Ids, World } from './compatibility/world.mjs';
import { makeRepository } from './repository.mjs';
import { spawnServer } from './server.mjs';

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

// They count processes, sessions and ports: a server that others use will not do.
const skip = !process.env.SANDBOXD_BINARY && process.env.SANDBOXD_URL ? 'needs servers of its own, so SANDBOXD_BINARY' : false;

// Modules that no scenario needs at once.
const lean = { SANDBOXD_INTERPRETER_PYTHON_PRELOAD: '' };

const used = new Set(); // parts of differences
const played = new Set(); // scenarios
let comparedA = true;

let service;
let repository;
before(async () => {
  service = await startService();
  repository = await makeRepository();
});
after(() => {
  service?.close();
  repository?.close();
});

/** Fails with all that differs in a scenario and is not allowed. */
function compare(row, dialect, expected, { exchanges }) {
  const sent = exchanges.flatMap(({ request }) => request ?? []);
  assert.ok(sent.some((request) => isRequestOf(row.route, request)), `no request to ${row.route} among ${sent.join(', ')}`);
  assert.equal(exchanges.length, expected.length, `requests: ${sent.join(', ')}`);
  const allowed = differencesOf(row, dialect).flatMap(({ parts }) => parts);
  const lines = exchanges.flatMap((observed, i) =>
    unexplained(expected[i], observed, allowed, used).map((line) => `${observed.request ?? 'the caller'}: ${line}`),
  );
  assert.deepEqual(lines, [], lines.join('\n'));
}

describe('SDK 0.3.7', { timeout: 600_000, skip }, () => {
  // Long enough for a busy machine, short enough for a test of it.
  const environment = { COMMAND_TIMEOUT_MS: '8000' };
  const worlds = {};
  const servers = [];
  let reference;
  before(async () => {
    const { Sandbox } = await import('sdk-a');
    const server = await spawnServer({ ...lean, ...environment });
    servers.push(server);
    reference = await startReference(environment);
    servers.push(reference);
    const common = { Sandbox, dialect: 'A', ids: new Ids(), service, repository };
    worlds.sandboxd = await World.make({ ...common, url: server.url });
    if (reference.url) worlds.reference = await World.make({ ...common, url: reference.url, losesRaces: true });
    else comparedA = false;
  });
  after(async () => {
    for (const world of Object.values(worlds)) await world.close();
    for (const server of servers) await server.stop();
  });

  for (const row of rowsA)
    it(`${row.route}: ${row.name}`, { timeout: 60_000 }, async (t) => {
      played.add(row);
      const [ours, theirs] = await Promise.all([worlds.sandboxd.play(row.run), worlds.reference?.play(row.run)]);
      if (!theirs) return t.skip(`nothing to compare with, the reference server is not to be had: ${reference.unavailable}`);
      // What the caller of the SDK saw is compared like an exchange.
      const whole = ({ exchanges, outcome }) => [...exchanges, { outcome: outcome.message ?? outcome }];
      compare(row, 'A', whole(theirs), { exchanges: whole(ours) });
    });
});

for (const [version, { dialect, module }] of Object.entries(sdks)) {
  if (dialect !== 'B') continue;
  describe(`SDK ${version}`, { timeout: 300_000, skip }, () => {
    let server;
    let world;
    before(async () => {
      const { Sandbox } = await import(module);
      server = await spawnServer(lean);
      const { url, workspace } = server;
      world = await World.make({ Sandbox, url, workspace, dialect, ids: new Ids(), service, repository });
    });
    after(async () => {
      await world?.close();
      await server?.stop();
    });

    for (const row of rowsB.filter(({ sdks: drivers }) => drivers.includes(version)))
      it(`${row.route}: ${row.name}`, { timeout: 60_000 }, async () => {
        played.add(row);
        const ours = await world.play(row.run);
        const expected = row.expect.map((one, i) => ({
          ...(typeof one === 'function' ? one(ours.exchanges[i]) : one),
          request: ours.exchanges[i]?.request,
        }));
        compare(row, 'B', expected, ours);
        if (!row.throws && ours.outcome !== 'resolved') throw ours.outcome.error;
        assert.equal(ours.outcome.code, row.throws);
      });
  });
}

describe('the table of compatibility', () => {
  it('has a scenario for every endpoint and every SDK that must prove it', () => {
    const missing = endpoints.flatMap((endpoint) =>
      sdksOf(endpoint)
        .filter((sdk) => ![...rowsA, ...rowsB].some((row) => row.route === endpoint.route && row.sdks.includes(sdk)))
        .map((sdk) => `${endpoint.route} with ${sdk}`),
    );
    assert.deepEqual(missing, []);
  });

  it('has no scenario of an endpoint that is not in the checklist', () => {
    const known = new Set(endpoints.map(({ route }) => route));
    assert.deepEqual([...rowsA, ...rowsB].filter(({ route }) => !known.has(route)), []);
  });

  it('lists no difference that does not occur', (t) => {
    if (played.size < rowsA.length + rowsB.length) return t.skip('only some scenarios were chosen');
    const unused = differences
      .filter((one) => one.dialect === 'B' || comparedA)
      .flatMap((one) => one.parts.filter((part) => !used.has(part)).map((part) => describePart(one, part)));
    assert.deepEqual(unused, []);
  });

  it('is docs/compatibility.md', async () => {
    assert.equal(await committed(), document(), 'write it anew: node tests/sdk/compatibility.mjs --write');
  });
});
