// The code interpreter through SDK 0.12.10 with its HTTP transport, dialect B of the protocol.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { collect, freshId, request } from './support.mjs';

const { Sandbox, parseSSEStream } = await import('sdk-b'); // after the shims are in place

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('code with SDK 0.12.10', { timeout: 300_000 }, () => {
  let server;
  let sandbox;
  before(async () => {
    server = await startServer();
    sandbox = await makeSandbox(Sandbox, freshId('box'));
  });
  after(() => server?.kill());

  it('makes, lists and deletes contexts', async () => {
    const context = await sandbox.createCodeContext({ language: 'python', cwd: '/tmp' });
    assert.match(context.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual([context.language, context.cwd], ['python', '/tmp']);
    assert.ok(Math.abs(context.createdAt.getTime() - Date.now()) < 60_000);
    assert.ok((await sandbox.listCodeContexts()).some((one) => one.id === context.id && one.language === 'python'));
    await sandbox.deleteCodeContext(context.id);
    assert.ok(!(await sandbox.listCodeContexts()).some((one) => one.id === context.id));
    await assert.rejects(sandbox.runCode('1', { context }), { code: 'CONTEXT_NOT_FOUND' });
  });

  for (const [language, code, text] of [
    ['python', 'x = 20\nx + 1', '21'],
    ['javascript', 'const x = 20; x + 1', '21'],
    ['typescript', 'const x: number = 20; x + 1', '21'],
  ])
    it(`runs ${language} and keeps its variables`, async () => {
      const context = await sandbox.createCodeContext({ language });
      const execution = await sandbox.runCode(code, { context });
      assert.equal(execution.error, undefined);
      assert.deepEqual(execution.results.map((result) => result.text), [text]);
      assert.equal((await sandbox.runCode('x', { context })).results[0].text, '20');
    });

  it('runs code without a context in a default one of its language', async () => {
    const fresh = await makeSandbox(Sandbox, freshId('box'));
    for (const [language, code] of [['javascript', 'const y = 1'], ['typescript', 'const y: number = 2'], ['python', 'y = 3']])
      await fresh.runCode(code, { language });
    const values = [];
    for (const language of ['javascript', 'typescript', undefined])
      values.push((await fresh.runCode('y', { language })).results[0].text);
    assert.deepEqual(values, ['1', '2', '3']);
  });

  it('gives an execution as plain data', async () => {
    const context = await sandbox.createCodeContext({ language: 'python' });
    const execution = await sandbox.runCode("print('a')\n7", { context });
    assert.deepEqual(JSON.parse(JSON.stringify(execution)), {
      code: "print('a')\n7", logs: { stdout: ['a\n'], stderr: [] }, results: [{ text: '7' }],
    });
  });

  it('knows languages by all their names', async () => {
    for (const [language, canonical] of [
      ['python', 'python'], ['Python3', 'python'], ['javascript', 'javascript'], ['JS', 'javascript'], ['node', 'javascript'],
      ['TypeScript', 'typescript'], ['ts', 'typescript'], [undefined, 'python'],
    ]) {
      const context = await sandbox.createCodeContext({ language });
      assert.equal(context.language, canonical);
      await sandbox.deleteCodeContext(context.id);
    }
    // The SDK refuses any other; the server takes it for Python.
    const { body } = await request('/api/contexts', { method: 'POST', body: JSON.stringify({ language: 'cobol' }) });
    assert.equal(body.language, 'python');
  });

  for (const [language, code] of [
    ['python', "import os\n[os.getcwd(), os.environ['OWN'], os.environ.get('NOT')]"],
    ['javascript', '[process.cwd(), process.env.OWN, process.env.NOT ?? null]'],
    ['typescript', '[process.cwd(), process.env.OWN, process.env.NOT ?? null] as const'],
  ])
    it(`gives ${language} its directory and environment`, async () => {
      const envVars = { OWN: 'grün $HOME', NOT: null };
      const there = await sandbox.createCodeContext({ language, envVars, cwd: '/usr' });
      assert.deepEqual((await sandbox.runCode(code, { context: there })).results[0].json, ['/usr', 'grün $HOME', null]);
      const nowhere = await sandbox.createCodeContext({ language, envVars, cwd: '/nowhere' });
      assert.equal(nowhere.cwd, '/nowhere');
      assert.deepEqual((await sandbox.runCode(code, { context: nowhere })).results[0].json, [server.workspace, 'grün $HOME', null]);
    });

  it('refuses code of another language', async () => {
    const context = await sandbox.createCodeContext({ language: 'python' });
    await assert.rejects(sandbox.runCode('1', { context, language: 'javascript' }), (error) => {
      assert.equal(error.code, 'CODE_EXECUTION_ERROR');
      assert.match(error.message, /was created for python, cannot execute javascript code/);
      return true;
    });
    assert.equal((await sandbox.runCode('1', { context, language: 'python' })).results[0].text, '1');
  });

  it('returns a stream', async () => {
    const context = await sandbox.createCodeContext({ language: 'python' });
    for (const count of [1, 2]) {
      const events = await collect(parseSSEStream(await sandbox.runCodeStream("print('é')\n[1]", { context })));
      const [{ timestamp, ...first }, ...others] = events;
      assert.ok(Math.abs(timestamp - Date.now()) < 60_000);
      assert.deepEqual([first, ...others], [
        { type: 'stdout', text: 'é\n' },
        { type: 'result', json: [1], metadata: {} },
        { type: 'execution_complete', execution_count: count },
      ]);
    }
    await assert.rejects(sandbox.runCodeStream('1', { context: { ...context, id: 'none' } }), { code: 'CONTEXT_NOT_FOUND' });
  });

  it('interrupts what nobody listens to any more', async () => {
    const context = await sandbox.createCodeContext({ language: 'python' });
    const reader = (await sandbox.runCodeStream("x = 1\nprint('on')\nwhile True: pass", { context })).getReader();
    assert.match(new TextDecoder().decode((await reader.read()).value), /on/);
    await reader.cancel();
    assert.equal((await sandbox.runCode('x', { context })).results[0].text, '1');
  });

  it('runs code for a session, too', async () => {
    const session = await sandbox.createSession({ id: freshId('s') });
    const context = await session.createCodeContext({ language: 'python' });
    assert.equal((await session.runCode('6 * 7', { context })).results[0].text, '42');
    const events = await collect(parseSSEStream(await session.runCodeStream('1', { context })));
    assert.deepEqual(events.map((event) => event.type), ['result', 'execution_complete']);
    assert.ok((await session.listCodeContexts()).some((one) => one.id === context.id));
    await session.deleteCodeContext(context.id);
    await assert.rejects(session.deleteCodeContext(context.id), { code: 'CONTEXT_NOT_FOUND' });
  });

  for (const [language, code, error, stderr] of [
    ['python', 'a = 1\nif a\n  2', { name: 'SyntaxError', message: "expected ':'" }, ''],
    ['javascript', 'const e = new RangeError("far");\nthrow e', { name: 'RangeError', message: 'far' },
      'RangeError: far\n    at Cell In[1]:1:11\n'],
    ['javascript', 'let = = 1', { name: 'SyntaxError', message: "Unexpected token '='" },
      "Cell In[1]:1\nlet = = 1\n      ^\nSyntaxError: Unexpected token '='\n"],
    ['typescript', 'let a = 1;\nlet b: = 2', { name: 'TranspileError', message: 'Unexpected "="' },
      'TypeScript compilation error: Unexpected "="\n'],
  ])
    it(`tells a ${error.name} of ${language} as an error`, async () => {
      const context = await sandbox.createCodeContext({ language });
      const execution = await sandbox.runCode(code, { context });
      assert.deepEqual({ name: execution.error.name, message: execution.error.message }, error);
      assert.equal(execution.logs.stderr.join(''), stderr);
      assert.deepEqual([execution.results, execution.logs.stdout], [[], []]);
    });

  it('shows the last expression of a JavaScript cell, and lets it declare and await', async () => {
    const context = await sandbox.createCodeContext({ language: 'javascript' });
    for (const [code, expected] of [
      ["'hello'", ["'hello'"]], ['undefined', []], ['null', ['null']], ['const a = 1', []], ['const a = 2; a', ['2']],
      ['const b = await Promise.resolve(3); b', ['3']], ['Promise.resolve(a + b)', ['5']], ['class C {}; function f() { return a } f()', ['2']],
    ]) {
      const execution = await sandbox.runCode(code, { context });
      assert.deepEqual([code, execution.error, execution.results.map((one) => one.text)], [code, undefined, expected]);
    }
    assert.deepEqual((await sandbox.runCode('[{ a: [1, null] }]', { context })).results[0].json, [{ a: [1, null] }]);
  });

  it('tells output, results and errors as they come', async () => {
    const context = await sandbox.createCodeContext({ language: 'python' });
    const told = [];
    const execution = await sandbox.runCode("import sys\nprint('out')\nprint('err', file=sys.stderr)\ndisplay(1)\n1/0", {
      context,
      onStdout: (output) => told.push(['stdout', output.text]),
      onStderr: (output) => told.push(['stderr', output.text]),
      onResult: (result) => told.push(['result', result.text]),
      onError: (error) => told.push(['error', error.name]),
    });
    assert.deepEqual(told, [['stdout', 'out\n'], ['stderr', 'err\n'], ['result', '1'], ['error', 'ZeroDivisionError']]);
    assert.deepEqual(execution.logs, { stdout: ['out\n'], stderr: ['err\n'] });
    assert.equal(execution.error.message, 'division by zero');
    assert.ok(execution.error.traceback.includes('  Cell In[1], line 5, in <module>'));
  });

  it('shows frames and figures in all their formats', async () => {
    const context = await sandbox.createCodeContext({ language: 'python' });
    const formats = [];
    const onResult = (result) => formats.push(result.formats());
    await sandbox.runCode("import pandas as pd\npd.DataFrame({'a': [1, 2]})", { context, onResult });
    const plot = await sandbox.runCode("import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, 4])\nplt.show()", {
      context,
      onResult,
    });
    assert.deepEqual(formats, [['text', 'html'], ['png', 'chart']]);
    assert.equal(plot.results[0].chart.type, 'line');
    assert.deepEqual(plot.results[0].chart.data.axes[0].series[0].points, [[1, 3], [2, 4]]);
    assert.equal(Buffer.from(plot.results[0].png, 'base64').subarray(1, 4).toString(), 'PNG');
  });

  it('runs what one context is given in order', async () => {
    const context = await sandbox.createCodeContext({ language: 'python' });
    await sandbox.runCode('n = 0', { context });
    const runs = await Promise.all(Array.from({ length: 5 }, () => sandbox.runCode('n += 1\nn', { context })));
    assert.deepEqual(runs.map((run) => run.results[0].text).sort(), ['1', '2', '3', '4', '5']);
  });

  for (const [language, code, cause] of [
    ['python', 'import os; os._exit(3)', 'with exit code 3'],
    ['python', 'import os; os.kill(os.getpid(), 9)', 'by signal 9 (Killed)'],
    ['python', 'import os; os.closerange(3, 100); import time; time.sleep(100)', 'after it had closed its connection to the server'],
    ['python', 'import os; [os.write(n, b"\\x00\\x00\\x00\\x02xx") for n in range(3, 20) if os.path.exists(f"/proc/self/fd/{n}") and "socket" in os.readlink(f"/proc/self/fd/{n}")]; __import__("time").sleep(100)', 'after it had sent what is no message'],
    ['javascript', 'process.exit(2)', 'with exit code 2'],
    ['typescript', 'process.kill(process.pid, "SIGKILL"); while (true);', 'by signal 9 (Killed)'],
  ])
    it(`survives an executor of ${language} that ends ${cause}`, async () => {
      const context = await sandbox.createCodeContext({ language });
      const { error } = await sandbox.runCode(code, { context });
      assert.deepEqual([error.name, error.message], ['ExecutorTerminated', `The executor ended ${cause}`]);
      const next = await sandbox.runCode('1 + 1', { context });
      assert.equal(next.results[0].text, '2');
      assert.match(next.logs.stderr.join(''), /given a new executor/);
      assert.deepEqual((await sandbox.runCode('1 + 1', { context })).logs.stderr, []);
    });

  it('interrupts and restarts a context', async () => {
    const context = await sandbox.createCodeContext({ language: 'python' });
    await sandbox.runCode('x = 1', { context });
    const run = sandbox.runCode('print("on")\nwhile True: pass', {
      context,
      onStdout: () => request(`/api/contexts/${context.id}/interrupt`, { method: 'POST' }),
    });
    assert.equal((await run).error.name, 'KeyboardInterrupt');
    assert.equal((await sandbox.runCode('x', { context })).results[0].text, '1');
    assert.equal((await request(`/api/contexts/${context.id}/restart`, { method: 'POST' })).status, 200);
    assert.equal((await sandbox.runCode('x', { context })).error.name, 'NameError');
  });

  it('ends a run when the time that it was given is over', async () => {
    const context = await sandbox.createCodeContext({ language: 'javascript' });
    const errors = [];
    const onError = (error) => errors.push(error);
    // No public method of the SDK gives the time of a run; the client below it does.
    await sandbox.client.interpreter.runCodeStream(context.id, 'const x = 1; while (true);', undefined, { onError }, 200);
    assert.deepEqual(errors.map(({ name, message }) => [name, message]), [['TimeoutError', 'The run took longer than 200 ms']]);
    assert.equal((await sandbox.runCode('x', { context })).results[0].text, '1');
  });

  it('ends a run that takes longer than its context allows', async () => {
    const { body } = await request('/api/contexts', { method: 'POST', body: JSON.stringify({ language: 'python', timeout_ms: 200 }) });
    const context = { id: body.contextId, language: 'python' };
    const { error } = await sandbox.runCode('x = 1\nwhile True: pass', { context });
    assert.equal(error.name, 'TimeoutError');
    assert.equal((await sandbox.runCode('x', { context })).results[0].text, '1');
  });

  it('injects variables', async () => {
    for (const language of ['python', 'javascript', 'typescript']) {
      const { body } = await request('/api/contexts', {
        method: 'POST',
        body: JSON.stringify({ language, variables: { given: { a: [1, 'é'] } }, env_vars: { OWN: 'v', NOT: null } }),
      });
      const execution = await sandbox.runCode('given', { context: { id: body.contextId, language } });
      assert.deepEqual(execution.results[0].json, { a: [1, 'é'] });
    }
  });
});
