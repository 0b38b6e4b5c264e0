// What the code interpreter offers beyond the SDKs, by plain HTTP: variables, times, environments of single runs,
// interrupt, restart, health; and what it answers to requests that are wrong.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startServer } from './server.mjs';
import { request } from './support.mjs';

const languages = ['python', 'javascript', 'typescript'];
const forEver = { python: 'while True: pass', javascript: 'while (true);', typescript: 'while (true as boolean);' };
// Those of JavaScript print when they wait already.
const waitForEver = {
  python: "print('on')\nimport threading; threading.Event().wait()",
  javascript: "setImmediate(() => console.log('on')); await new Promise(() => {})",
  typescript: "setImmediate(() => console.log('on')); await new Promise<void>(() => {})",
};
const printOn = { python: "print('on')", javascript: "console.log('on')", typescript: "console.log('on' as string)" };

const post = (path, body) => request(path, { method: 'POST', ...(body !== undefined && { body: JSON.stringify(body) }) });

async function newContext(options) {
  const { status, body } = await post('/api/contexts', options);
  assert.deepEqual([status, body.success], [200, true]);
  return body.contextId;
}

/** The events of a run as they come. */
async function* events(context, code, options = {}) {
  const body = JSON.stringify({ context_id: context, code, ...options });
  const response = await fetch(new URL('/api/execute/code', process.env.SANDBOXD_URL), { method: 'POST', body });
  assert.equal(response.status, 200);
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (text + piece).split('\n');
    text = lines.pop();
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length));
  }
}

/** All events of a run; `act` is called once something was printed. */
async function run(context, code, options, act) {
  const all = [];
  for await (const event of events(context, code, options)) {
    all.push(event);
    if (event.type === 'stdout') await act?.();
  }
  return all;
}

/** The value of an expression, as JSON or text. */
async function valueOf(context, code, options) {
  const [result, end, ...more] = await run(context, code, options);
  assert.deepEqual([result.type, end.type, more], ['result', 'execution_complete', []], JSON.stringify([result, end]));
  return result.json ?? result.text;
}

/** The name of the error that ends a run, its one terminal event. */
async function errorOf(context, code, options, act) {
  const ends = (await run(context, code, options, act)).filter(({ type }) => type === 'error' || type === 'execution_complete');
  assert.deepEqual(ends.map(({ type }) => type), ['error']);
  return ends[0].ename;
}

describe('code by plain HTTP', { timeout: 300_000 }, () => {
  let server;
  before(async () => {
    server = await startServer({ SANDBOXD_INTERPRETER_INTERRUPT_GRACE: '100ms' });
  });
  after(() => server?.kill());

  for (const language of languages)
    describe(language, () => {
      let kept; // a context for tests that leave it as it was
      before(async () => {
        kept = await newContext({ language, env_vars: { KEPT: 'context', SEEN: 'context' }, variables: { x: 1 } });
      });

      it('has the variables it is given, in every executor', async () => {
        const variables = { number: -1.5, text: 'é\n"\u2028"', none: null, yes: true, nested: { list: [1, { a: [] }] } };
        const context = await newContext({ language, variables });
        const all = '[number, text, none, yes, nested]';
        assert.deepEqual(await valueOf(context, all), Object.values(variables));
        await run(context, 'number = 2; nested = 3');
        assert.deepEqual(await valueOf(context, '[number, nested]'), [2, 3]);
        assert.equal((await post(`/api/contexts/${context}/restart`)).status, 200);
        assert.deepEqual(await valueOf(context, all), Object.values(variables));
        assert.match(await errorOf(kept, 'nested'), /^(Name|Reference)Error$/); // they are this context's alone
      });

      it('has an environment for one run', async () => {
        const code = language === 'python'
          ? "import os\n[os.environ.get(name) for name in ('KEPT', 'SEEN', 'MORE')]"
          : "['KEPT', 'SEEN', 'MORE'].map((name) => process.env[name] ?? null)";
        assert.deepEqual(await valueOf(kept, code, { env_vars: { SEEN: 'run', MORE: 'grün $HOME', KEPT: null } }),
          ['context', 'run', 'grün $HOME']);
        assert.deepEqual(await valueOf(kept, code), ['context', 'context', null]);
      });

      for (const [what, code] of [
        ['computes', `${printOn[language]}\n${forEver[language]}`],
        ['waits', waitForEver[language]],
      ])
        it(`is interrupted when it ${what}`, async () => {
          const interrupt = async () => {
            const { status, body } = await post(`/api/contexts/${kept}/interrupt`);
            assert.deepEqual([status, body.success, body.contextId, body.language], [200, true, kept, language]);
          };
          assert.equal(await errorOf(kept, code, {}, interrupt), 'KeyboardInterrupt');
          await interrupt(); // nothing runs
          assert.equal(await valueOf(kept, 'x'), '1');
        });

      it('has a time for one run, and one for all', async () => {
        const context = await newContext({ language, variables: { x: 1 }, timeout_ms: 100 });
        const [error] = (await run(context, forEver[language])).slice(-1);
        assert.deepEqual([error.ename, error.evalue], ['TimeoutError', 'The run took longer than 100 ms']);
        const [own] = (await run(context, forEver[language], { timeout_ms: 50 })).slice(-1);
        assert.deepEqual([own.ename, own.evalue], ['TimeoutError', 'The run took longer than 50 ms']);
        assert.equal(await valueOf(context, 'x'), '1');
        // 0 = without end: until it is interrupted, which is after the time of its context.
        const longer = language === 'python'
          ? "import time\nend = time.monotonic() + 0.2\nwhile time.monotonic() < end: pass\nx"
          : 'const end = performance.now() + 200; while (performance.now() < end); x';
        assert.equal(await valueOf(context, longer, { timeout_ms: 0 }), '1');
      });

      it('is restarted while it runs', async () => {
        const context = await newContext({ language, cwd: '/usr', env_vars: { OWN: 'v' } });
        const lastUsed = async () => {
          const { contexts } = (await request('/api/contexts')).body;
          return Date.parse(contexts.find((one) => one.id === context).lastUsed);
        };
        let waiting;
        let restarted;
        const restart = async () => {
          const before = await lastUsed();
          while (Date.now() === before) await new Promise(setImmediate);
          waiting = post('/api/execute/code', { context_id: context, code: '1' });
          while ((await lastUsed()) === before); // it has not arrived yet
          restarted = await post(`/api/contexts/${context}/restart`);
        };
        const name = await errorOf(context, `${printOn[language]}\n${forEver[language]}`, {}, restart);
        assert.equal(name, 'ExecutorTerminated');
        assert.deepEqual([restarted.status, restarted.body.contextId, restarted.body.cwd], [200, context, '/usr']);
        const { status, body } = await waiting;
        assert.deepEqual([status, body.code], [500, 'CODE_EXECUTION_ERROR']);
        assert.match(body.message, /was restarted$/);
        const told = language === 'python' ? "import os\n[os.getcwd(), os.environ['OWN']]" : '[process.cwd(), process.env.OWN]';
        assert.deepEqual(await valueOf(context, told), ['/usr', 'v']);
      });
    });

  it('kills what does not obey the interrupt at the end of its time', async () => {
    const context = await newContext({ language: 'python', timeout_ms: 100 });
    const stubborn = 'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass';
    assert.equal(await errorOf(context, stubborn), 'TimeoutError');
    const [lost, result] = await run(context, '1');
    assert.deepEqual([lost.type, result.text], ['stderr', '1']);
    assert.match(lost.text, /given a new executor/);
  });

  describe('wrong requests are told which field is wrong', () => {
    const long = (length) => 'a'.repeat(length);
    const shared = [
      ['language', { language: 5 }, 'language must be a string'],
      ['language', { language: 'a\0' }, 'language must not contain NUL'],
      ['env_vars', { env_vars: 'A=1' }, 'env_vars must be an object of strings'],
      ['env_vars', { env_vars: ['A'] }, 'env_vars must be an object of strings'],
      ['env_vars.1A', { env_vars: { '1A': '' } }, 'Invalid environment variable name: 1A'],
      ['env_vars.A=B', { env_vars: { 'A=B': '' } }, 'Invalid environment variable name: A=B'],
      ['env_vars.A', { env_vars: { A: 5 } }, 'env_vars.A must be a string'],
      ['env_vars.A', { env_vars: { A: '\0' } }, 'env_vars.A must not contain NUL'],
      ['env_vars.A', { env_vars: { A: long(131_072) } }, 'env_vars.A is longer than 131072 bytes with its name'],
      ['timeout_ms', { timeout_ms: '5' }, 'timeout_ms must be a number of milliseconds'],
      ['timeout_ms', { timeout_ms: -1 }, 'timeout_ms must not be negative'],
    ];
    const ofContexts = [
      ['cwd', { cwd: 5 }, 'cwd must be a string'],
      ['cwd', { cwd: 'a\0' }, 'cwd must not contain NUL'],
      ['cwd', { cwd: long(4097) }, 'cwd is longer than a path can be'],
      ['envVars.A', { envVars: { A: 5 } }, 'envVars.A must be a string'],
      ['variables', { variables: [1] }, 'variables must be an object'],
      ['variables', { variables: 'a' }, 'variables must be an object'],
    ];
    const ofRuns = [
      ['code', { code: undefined }, 'code is required and must be a string'],
      ['code', { code: 5 }, 'code is required and must be a string'],
    ];
    const rows = [
      ...[...shared, ...ofContexts].map((row) => ['/api/contexts', {}, ...row]),
      ...[...shared, ...ofRuns].map((row) => ['/api/execute/code', { context_id: 'x', code: '1' }, ...row]),
    ];
    for (const [path, right, field, wrong, message] of rows)
      it(`${path}: ${JSON.stringify(wrong).slice(0, 60)}`, async () => {
        const { status, body } = await post(path, { ...right, ...wrong });
        assert.deepEqual([status, body.code, body.message], [400, 'VALIDATION_FAILED', message]);
        assert.deepEqual(body.context.validationErrors.map((one) => [one.field, one.message]), [[field, message]]);
      });

    it('all of them at once', async () => {
      const { body } = await post('/api/contexts', { language: 1, cwd: 1, env_vars: 1, envVars: 1, timeout_ms: '', variables: 1 });
      assert.deepEqual(body.context.validationErrors.map((one) => one.field).sort(),
        ['cwd', 'envVars', 'env_vars', 'language', 'timeout_ms', 'variables']);
    });

    for (const path of ['/api/contexts', '/api/execute/code'])
      for (const text of ['', '{', '[]', '"a"', '5'])
        it(`${path}: ${JSON.stringify(text)} is no object`, async () => {
          const { status, body } = await request(path, { method: 'POST', body: text });
          assert.deepEqual([status, body.context.validationErrors[0].field], [400, 'body']);
        });

    it('a context that is not there', async () => {
      for (const [path, body, id] of [
        ['/api/execute/code', { code: '1' }, 'undefined'],
        ['/api/execute/code', { code: '1', context_id: null }, 'undefined'],
        ['/api/execute/code', { code: '1', context_id: 7 }, '7'],
        ['/api/contexts/x/interrupt', undefined, 'x'],
        ['/api/contexts/x/restart', undefined, 'x'],
      ]) {
        const answer = await post(path, body);
        assert.deepEqual([answer.status, answer.body.code, answer.body.context.contextId], [404, 'CONTEXT_NOT_FOUND', id]);
      }
    });

    it('methods and paths that are not there', async () => {
      const context = await newContext({ language: 'python' });
      for (const [method, path] of [['GET', 'restart'], ['DELETE', 'interrupt'], ['POST', 'nothing']])
        assert.equal((await request(`/api/contexts/${context}/${path}`, { method })).status, 404);
      assert.equal(await valueOf(context, '1'), '1');
    });
  });

  it('tells how healthy it is', async () => {
    const health = async () => (await request('/api/interpreter/health')).body;
    const before = await health();
    assert.deepEqual([before.success, before.status, Object.keys(before.languages)], [true, 'healthy', languages]);
    const context = await newContext({ language: 'python' });
    const { circuit, inUse } = (await health()).languages.python;
    assert.deepEqual([circuit, inUse], ['closed', before.languages.python.inUse + 1]);
    assert.equal((await request(`/api/contexts/${context}`, { method: 'DELETE' })).status, 200);
  });
});
