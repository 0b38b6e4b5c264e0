// The code interpreter with the clients of dialect B. What code does is the same for all of them: one shows it. A context of
// Python is a fork, one of another language a new process: what is not about one of these has Python.
import { failure, json, refusal, stream } from '../expected.mjs';

const create = 'POST /api/contexts';
const list = 'GET /api/contexts';
const remove = 'DELETE /api/contexts/{id}';
const execute = 'POST /api/execute/code';
const health = 'GET /api/interpreter/health';
const interrupt = 'POST /api/contexts/{id}/interrupt';
const restart = 'POST /api/contexts/{id}/restart';
const reload = 'POST /api/interpreter/reload';

const one = ['0.12.10'];

const make = (w, options) => w.client.interpreter.createCodeContext(options);
const run = (w, context, code, { language, timeoutMs, ...callbacks } = {}) =>
  w.client.interpreter.runCodeStream(context, code, language, callbacks, timeoutMs);

/** Calls with a context that is no part of what is compared, neither are its making and its end. */
async function within(w, options, work) {
  const { id } = await w.hidden(() => make(w, options));
  try {
    await work(id);
  } finally {
    await w.hidden(() => w.client.interpreter.deleteCodeContext(id));
  }
}

/** Runs cells in a new context, one after the other. */
const cells = (language, ...codes) => (w) =>
  within(w, { language }, async (id) => {
    for (const code of codes) await run(w, id, code);
  });

/** Makes contexts, which is compared, and works with each. */
const making = (...all) => async (w) => {
  for (const { work, ...options } of all) {
    const { id } = await make(w, options);
    await work?.(w, id);
    await w.hidden(() => w.client.interpreter.deleteCodeContext(id));
  }
};

const made = (language, cwd = '/workspace') =>
  json(200, { success: true, contextId: '<uuid>', language, cwd, timestamp: 'T' });
const unknown = (id) => failure(404, 'CONTEXT_NOT_FOUND', `Code context '${id}' not found`, { contextId: id });
/** An error before a stream has a shape of its own, and that of all others (HTTP.md 3.1, 15 #37). */
const noStream = (httpStatus, code, message, context) => failure(httpStatus, code, message, context, { details: context });

const stdout = (text) => ({ type: 'stdout', text });
const stderr = (text) => ({ type: 'stderr', text });
const result = (formats) => ({ type: 'result', ...formats, metadata: {} });
const complete = (count = 1) => ({ type: 'execution_complete', execution_count: count });
const error = (ename, evalue, traceback, lineNumber) =>
  ({ type: 'error', ename, evalue, traceback, ...(lineNumber && { lineNumber }) });

const outAndErr = (value) => [stream(stdout('out\n'), stderr('err\n'), result(value), complete())];
const kept = [stream(complete(1)), stream(result({ text: '21' }), complete(2))];
const asJson = [stream(result({ json: { a: [1, null] } }), complete(1))];
const typeError = [stream(stderr('TypeError: bad\n    at Cell In[1]:1:7\n'),
  error('TypeError', 'bad', ['TypeError: bad', '    at Cell In[1]:1:7'], 1))];

export const rows = [
  { route: create, name: 'makes contexts', source: 'protocol 9.1',
    run: making({}, { language: 'python', cwd: '/tmp' }),
    expect: [made('python'), made('python', '/tmp')] },
  { route: create, name: 'knows languages by all their names, any other as Python', sdks: one, source: 'protocol 9.1',
    run: making(...['Python3', 'javascript', 'JS', 'node', 'TypeScript', 'ts', 'cobol'].map((language) => ({ language }))),
    expect: ['python', 'javascript', 'javascript', 'javascript', 'typescript', 'typescript', 'python']
      .map((language) => made(language)) },
  { route: create, name: 'gives a context its directory and environment', source: 'protocol 9.1 NEW',
    run: making({ language: 'python', cwd: '/usr', envVars: { COLOR: 'blue' },
      work: (w, id) => run(w, id, "import os\n[os.getcwd(), os.environ['COLOR']]") }),
    expect: [made('python', '/usr'), stream(result({ json: ['/usr', 'blue'] }), complete())] },
  { route: create, name: 'takes the workspace for a directory that is not there', source: 'protocol 9.1 NEW',
    run: making({ language: 'python', cwd: '/nowhere', work: (w, id) => run(w, id, 'import os; os.getcwd()') }),
    expect: [made('python', '/nowhere'), stream(result({ text: "'<workspace>'" }), complete())] },
  { route: create, name: 'wants JSON', source: 'protocol 1.3 NEW',
    run: (w) => w.request('POST', '/api/contexts', 'no JSON'),
    expect: [refusal(/./, 'body')] },

  { route: list, name: 'lists contexts', source: 'protocol 9.1',
    run: (w) => within(w, { language: 'python', cwd: '/tmp' }, () => w.client.interpreter.listCodeContexts()),
    expect: [json(200, { success: true, contexts: [{ id: '<uuid>', language: 'python', cwd: '/tmp' }], timestamp: 'T' })] },

  { route: remove, name: 'deletes a context', source: 'protocol 9.1', throws: 'CONTEXT_NOT_FOUND',
    run: async (w) => {
      const { id } = await w.hidden(() => make(w, { language: 'python' }));
      await w.client.interpreter.deleteCodeContext(id);
      await w.client.interpreter.deleteCodeContext(id);
    },
    expect: [json(200, { success: true, contextId: '<uuid>', timestamp: 'T' }), unknown('<uuid>')] },

  { route: execute, name: 'runs Python', source: 'protocol 9.3',
    run: cells('python', "import sys\nprint('out')\nprint('err', file=sys.stderr)\n1 + 1"),
    expect: outAndErr({ text: '2' }) },
  { route: execute, name: 'runs JavaScript', sdks: one, source: 'protocol 9.3',
    run: cells('javascript', "console.log('out'); console.error('err'); 'text'"),
    expect: outAndErr({ text: "'text'" }) },
  { route: execute, name: 'runs TypeScript', sdks: one, source: 'protocol 9.3',
    run: cells('typescript', "console.log('out' as string); console.error('err'); const two: number = 2; two"),
    expect: outAndErr({ text: '2' }) },
  { route: execute, name: 'keeps variables of Python', sdks: one, source: 'protocol 9.3',
    run: cells('python', 'x = 20', 'x + 1'), expect: kept },
  { route: execute, name: 'keeps variables of JavaScript', sdks: one, source: 'protocol 9.3',
    run: cells('javascript', 'const x = 20', 'x + 1'), expect: kept },
  { route: execute, name: 'keeps variables of TypeScript', sdks: one, source: 'protocol 9.3',
    run: cells('typescript', 'const x: number = 20', 'x + 1'), expect: kept },
  { route: execute, name: 'gives what Python counts as data as JSON', sdks: one, source: 'protocol 9.3',
    run: cells('python', "{'a': [1, None]}"), expect: asJson },
  { route: execute, name: 'gives objects of JavaScript as JSON', sdks: one, source: 'protocol 9.3',
    run: cells('javascript', '({ a: [1, null] })'), expect: asJson },
  { route: execute, name: 'shows all formats of a value', sdks: one, source: 'protocol 9.3',
    run: cells('python', "from IPython.display import HTML\nHTML('<b>bold</b>')"),
    expect: [stream(result({ html: '<b>bold</b>', text: '<IPython.core.display.HTML object>' }), complete())] },
  { route: execute, name: 'tells everything in its order', sdks: one, source: 'protocol 9.3 NEW',
    run: cells('python', "import sys\nprint('one')\nprint('two', file=sys.stderr)\ndisplay(3)\nprint('four')"),
    expect: [stream(stdout('one\n'), stderr('two\n'), result({ text: '3' }), stdout('four\n'), complete())] },
  { route: execute, name: 'awaits', sdks: one, source: 'protocol 9.3', run: cells('javascript', 'await Promise.resolve(7)'),
    expect: [stream(result({ text: '7' }), complete())] },
  { route: execute, name: 'takes a constant again', sdks: one, source: 'protocol 9.3 NEW, 15 #43',
    run: cells('javascript', 'const x = 1', 'const x = 2; x'),
    expect: [stream(complete(1)), stream(result({ text: '2' }), complete(2))] },

  { route: execute, name: 'tells an error of Python', sdks: one, source: 'protocol 9.3 NEW',
    run: cells('python', "raise ValueError('bad')"),
    expect: [stream(error('ValueError', 'bad',
      ['Traceback (most recent call last):', '  Cell In[1], line 1, in <module>', "    raise ValueError('bad')", 'ValueError: bad'],
      1))] },
  { route: execute, name: 'tells a wrong syntax of Python', sdks: one, source: 'protocol 9.3 NEW', run: cells('python', 'if 1\n  2'),
    expect: [stream(error('SyntaxError', "expected ':'", [/Cell In\[1\]/, '    if 1', /^ *\^$/, "SyntaxError: expected ':'"], 1))] },
  { route: execute, name: 'tells an error of JavaScript', sdks: one, source: 'protocol 9.3 NEW',
    run: cells('javascript', "throw new TypeError('bad')"), expect: typeError },
  { route: execute, name: 'tells an error of TypeScript', sdks: one, source: 'protocol 9.3 NEW',
    run: cells('typescript', "throw new TypeError('bad')"), expect: typeError },
  { route: execute, name: 'tells a wrong syntax of TypeScript', sdks: one, source: 'protocol 9.3', run: cells('typescript', 'let b: = 2'),
    expect: [stream(stderr(/^TypeScript compilation error: .*Unexpected "="/),
      error('TranspileError', 'Unexpected "="', [/Cell In\[1\]/, 'let b: = 2', /^ *\^$/, /Unexpected "="/], 1))] },
  { route: execute, name: 'tells that the executor has ended, and goes on with another', sdks: one, source: 'protocol 9.4 NEW',
    run: cells('javascript', 'process.exit(2)', '1 + 1'),
    expect: [stream(error('ExecutorTerminated', /exit code 2/, [/exit code 2/])),
      stream(stderr(/given a new executor/), result({ text: '2' }), complete(1))] },
  { route: execute, name: 'ends what takes longer than it may', sdks: one, source: 'protocol 9.4 NEW',
    run: (w) => within(w, { language: 'javascript' }, (id) => run(w, id, 'while (true);', { timeoutMs: 100 })),
    expect: [stream(error('TimeoutError', /100 ms/, [/100 ms/]))] },
  { route: execute, name: 'refuses another language than that of the context', source: 'protocol 9.2',
    throws: 'CODE_EXECUTION_ERROR',
    run: (w) => within(w, { language: 'python' }, (id) => run(w, id, '1', { language: 'javascript' })),
    expect: [noStream(500, 'CODE_EXECUTION_ERROR', /was created for python, cannot execute javascript code/,
      { contextId: '<uuid>' })] },
  { route: execute, name: 'knows no such context', source: 'Appendix A', throws: 'CONTEXT_NOT_FOUND',
    run: (w) => run(w, 'nope', '1'),
    expect: [noStream(404, 'CONTEXT_NOT_FOUND', 'Context nope not found', { contextId: 'nope' })] },
  { route: execute, name: 'wants JSON', source: 'protocol 1.3 NEW',
    run: (w) => w.request('POST', '/api/execute/code', 'no JSON'),
    expect: [refusal(/./, 'body')] },

  { route: health, name: 'tells that all is well', source: 'protocol 9.1',
    run: (w) => w.request('GET', '/api/interpreter/health'),
    expect: [json(200, { success: true, status: 'healthy', timestamp: 'T' })] },

  { route: interrupt, name: 'interrupts what runs', source: 'extension',
    run: (w) => within(w, { language: 'python' }, async (id) => {
      await run(w, id, "x = 1\nprint('on')\nwhile True: pass",
        { onStdout: () => w.request('POST', `/api/contexts/${id}/interrupt`) });
      await run(w, id, 'x');
    }),
    expect: [
      stream(stdout('on\n'), error('KeyboardInterrupt', '',
        ['Traceback (most recent call last):', /^  Cell In\[1\], line [23], in <module>$/, /./, 'KeyboardInterrupt'])),
      made('python'),
      stream(result({ text: '1' }), complete(2)),
    ] },
  { route: interrupt, name: 'knows no such context', source: 'extension',
    run: (w) => w.request('POST', '/api/contexts/none/interrupt'), expect: [unknown('none')] },
  { route: restart, name: 'begins anew', source: 'extension',
    run: (w) => within(w, { language: 'javascript', cwd: '/usr' }, async (id) => {
      await w.hidden(() => run(w, id, 'x = 1'));
      await w.request('POST', `/api/contexts/${id}/restart`);
      await run(w, id, '[typeof x, process.cwd()]');
    }),
    expect: [made('javascript', '/usr'), stream(result({ json: ['undefined', '/usr'] }), complete())] },
  { route: restart, name: 'knows no such context', source: 'extension',
    run: (w) => w.request('POST', '/api/contexts/none/restart'), expect: [unknown('none')] },
  { route: reload, name: 'reads the packages of Python anew', source: 'extension',
    run: (w) => w.request('POST', '/api/interpreter/reload'),
    expect: [json(200, { success: true, python: /^3\.\d+\.\d+$/, timestamp: 'T' })] },
];
