// The code interpreter with SDK 0.3.7. Its reference keeps an executor for every context that has ever run code, deleted or
// not, and needs a second to start one for Python: the scenarios of a language share a context.
const create = 'POST /api/contexts';
const list = 'GET /api/contexts';
const remove = 'DELETE /api/contexts/{id}';
const execute = 'POST /api/execute/code';

const mostStarts = 6;

/** A new context that is no part of what is compared. */
const newContext = (w, options) => w.hidden(async () => (await w.client.createCodeContext(options)).id);
const hiddenDelete = (w, id) => w.hidden(() => w.client.deleteCodeContext(id));
const run = (w, context, code, language) => w.client.runCodeStream(context, code, language, {});

const shared = new Map(); // of each world, of each language

/** A new context whose executor runs. The reference waits five seconds for it, which may be little where much else runs. */
async function startedContext(w, language) {
  const context = await newContext(w, { language });
  for (let tried = 0; tried < mostStarts; ++tried) {
    let failed = false;
    const onError = () => (failed = true);
    await w.hidden(() => w.client.runCodeStream(context, '0', undefined, { onError }));
    if (!failed) return context;
  }
  throw new Error(`an executor of ${language} does not start at ${w.url}`);
}

/** The context that the scenarios of a language share. */
async function contextOf(w, language) {
  if (!shared.has(w)) shared.set(w, {});
  const known = shared.get(w);
  known[language] ??= await startedContext(w, language);
  return known[language];
}

/** Runs cells, one after the other, in the context that the language shares. */
const cells = (language, ...codes) => async (w) => {
  const context = await contextOf(w, language);
  for (const code of codes) await run(w, context, code);
};

export const rows = [
  { route: create, name: 'knows languages by all their names, any other as Python',
    run: async (w) => {
      for (const language of ['python', 'Python3', 'javascript', 'JS', 'node', 'TypeScript', 'ts', 'cobol']) {
        const { id } = await w.client.createCodeContext({ language });
        await hiddenDelete(w, id);
      }
    } },
  { route: create, name: 'gives back its directory, which need not be there',
    run: async (w) => {
      const { id } = await w.client.createCodeContext({ language: 'python', cwd: '/nowhere' });
      await hiddenDelete(w, id);
    } },
  { route: create, name: 'gives a context its directory and environment',
    run: async (w) => {
      const { id } = await w.client.createCodeContext({ language: 'javascript', cwd: '/usr', envVars: { COLOR: 'blue' } });
      await run(w, id, '[process.cwd(), process.env.COLOR]');
      await hiddenDelete(w, id);
    } },
  { route: create, name: 'wants JSON', run: (w) => w.request('POST', '/api/contexts', 'no JSON') },

  { route: list, name: 'lists contexts',
    run: async (w) => {
      const contexts = [await newContext(w, { language: 'python', cwd: '/tmp' }), await newContext(w, { language: 'ts' })];
      await w.client.listCodeContexts();
      for (const id of contexts) await hiddenDelete(w, id);
    } },

  { route: remove, name: 'deletes a context',
    run: async (w) => {
      const id = await newContext(w, { language: 'python' });
      await w.client.deleteCodeContext(id);
      await w.client.listCodeContexts();
      await run(w, id, '1');
    } },
  { route: remove, name: 'knows no such context', run: (w) => w.client.deleteCodeContext('none') },

  { route: execute, name: 'runs Python', run: cells('python', "import sys\nprint('out')\nprint('err', file=sys.stderr)\n1 + 1") },
  { route: execute, name: 'runs JavaScript', run: cells('javascript', "console.log('out'); console.error('err'); 1 + 1") },
  { route: execute, name: 'runs TypeScript',
    run: cells('typescript', "console.log('out' as string); console.error('err'); const two: number = 2; two") },
  { route: execute, name: 'keeps variables of Python', run: cells('python', 'kept = 20', 'kept + 1') },
  { route: execute, name: 'keeps variables of JavaScript', run: cells('javascript', 'const kept = 20', 'kept + 1') },
  { route: execute, name: 'keeps variables of TypeScript', run: cells('typescript', 'const kept: number = 20', 'kept + 1') },
  { route: execute, name: 'gives lists and dictionaries of Python as JSON', run: cells('python', "{'a': [1, None]}", '[]') },
  { route: execute, name: 'gives arrays and objects of JavaScript as JSON', run: cells('javascript', '({ a: [1, null] })', '[]') },
  { route: execute, name: 'gives objects of TypeScript as JSON', run: cells('typescript', '({ a: [1, null] }) as object') },
  { route: execute, name: 'gives nothing for nothing', run: cells('python', 'None') },
  { route: execute, name: 'gives nothing for what is undefined', run: cells('javascript', 'undefined', 'null', "'text'") },
  { route: execute, name: 'shows what is displayed', run: cells('python', "display('text')") },
  { route: execute, name: 'shows all formats of a value',
    run: cells('python', "from IPython.display import HTML\nHTML('<b>bold</b>')") },
  { route: execute, name: 'shows what is displayed where it belongs', run: cells('python', "display(1)\nprint('after')") },
  { route: execute, name: 'keeps the order of output and errors',
    run: cells('python', "print('one')\nprint('two', file=sys.stderr)\nprint('three')") },
  { route: execute, name: 'shows a figure',
    run: cells('python', 'import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, 4])\nplt.show()') },

  { route: execute, name: 'tells an error of Python', run: cells('python', "raise ValueError('bad')") },
  { route: execute, name: 'tells a wrong syntax of Python', run: cells('python', 'if 1\n  2') },
  { route: execute, name: 'tells an error of JavaScript', run: cells('javascript', "throw new TypeError('bad')") },
  { route: execute, name: 'tells an error of TypeScript', run: cells('typescript', "throw new TypeError('bad')") },
  { route: execute, name: 'tells a wrong syntax of TypeScript', run: cells('typescript', 'let b: = 2') },
  { route: execute, name: 'awaits', run: cells('javascript', 'await 1') },
  { route: execute, name: 'takes a constant again', run: cells('javascript', 'const again = 1', 'const again = 2; again') },
  { route: execute, name: 'refuses another language than that of the context',
    run: async (w) => run(w, await contextOf(w, 'python'), '1', 'javascript') },
  { route: execute, name: 'knows no such context', run: (w) => run(w, 'none', '1') },
  { route: execute, name: 'wants a context', run: (w) => run(w, undefined, '1') },
  { route: execute, name: 'wants JSON', run: (w) => w.request('POST', '/api/execute/code', 'no JSON') },
];
