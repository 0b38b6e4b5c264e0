// The code interpreter through SDK 0.3.7, dialect A of the protocol. What its README shows runs as it stands there.
import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import './shim/register.mjs';
import { makeSandbox } from './shim/durable_object.mjs';
import { startServer } from './server.mjs';
import { freshId, pngSize } from './support.mjs';

const { Sandbox } = await import('sdk-a'); // after the shims are in place

for (const method of ['log', 'info', 'debug', 'warn', 'error']) console[method] = () => {};

describe('code with SDK 0.3.7', { timeout: 300_000 }, () => {
  let server;
  let sandbox;
  let pythonCtx;
  before(async () => {
    server = await startServer();
    sandbox = await makeSandbox(Sandbox, freshId('box'));
    pythonCtx = await sandbox.createCodeContext({ language: 'python' });
  });
  after(() => server?.kill());

  /** The callbacks of runCode, and what they were told, in order. */
  const recorder = () => {
    const told = [];
    return {
      told,
      onStdout: (output) => told.push(['stdout', output.text]),
      onStderr: (output) => told.push(['stderr', output.text]),
      onResult: (result) => told.push(['result', result.formats()]),
      onError: (error) => told.push(['error', error.name]),
    };
  };

  describe('README: code execution', () => {
    it('creates a context with persistent state', async () => {
      const jsCtx = await sandbox.createCodeContext({ language: 'javascript' });
      for (const [context, language] of [[pythonCtx, 'python'], [jsCtx, 'javascript']]) {
        assert.match(context.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        assert.deepEqual([context.language, context.cwd], [language, '/workspace']);
        assert.ok(context.createdAt.getTime() <= context.lastUsed.getTime());
      }
      assert.notEqual(jsCtx.id, pythonCtx.id);
      await sandbox.runCode('kept = 6', { context: jsCtx });
      assert.equal((await sandbox.runCode('kept * 7', { context: jsCtx })).results[0].text, '42');
    });

    it('gives a context its directory and environment', async () => {
      const options = { cwd: '/usr', envVars: { COLOR: 'blue', QUOTED: `it's "so" $HOME` } };
      for (const [language, code] of [
        ['python', "import os\n[os.getcwd(), os.environ['COLOR'], os.environ['QUOTED']]"],
        ['javascript', '[process.cwd(), process.env.COLOR, process.env.QUOTED]'],
        ['typescript', '[process.cwd(), process.env.COLOR, process.env.QUOTED] as string[]'],
      ]) {
        const context = await sandbox.createCodeContext({ language, ...options });
        assert.deepEqual([context.language, context.cwd], [language, '/usr']);
        const execution = await sandbox.runCode(code, { context });
        assert.deepEqual(execution.results[0].json, ['/usr', 'blue', `it's "so" $HOME`]);
      }
    });

    it('runs code', async () => {
      const execution = await sandbox.runCode('print("Hello World")', {
        context: pythonCtx
      });
      assert.deepEqual(execution.logs, { stdout: ['Hello World\n'], stderr: [] });
      assert.deepEqual([execution.results, execution.error, execution.code], [[], undefined, 'print("Hello World")']);
    });

    // `time` is not imported there. Its sleep() is replaced by a wait for the callback that was told the step before.
    it('tells output in real time', { timeout: 30_000 }, async () => {
      const path = join(server.workspace, freshId('gate'));
      await sandbox.runCode(
        `import os\nos.mkfifo(${JSON.stringify(path)})\n_gate = os.open(${JSON.stringify(path)}, os.O_RDWR)\n` +
        'time.sleep = lambda seconds: os.read(_gate, seconds)', { context: pythonCtx });
      const gate = await open(path, constants.O_RDWR); // or it would block
      try {
        const outputs = [];
        await sandbox.runCode(`
for i in range(5):
    print(f"Step {i}")
    time.sleep(1)
`, {
          context: pythonCtx,
          onStdout: async (output) => {
            outputs.push(output);
            await gate.write('x');
          },
          onResult: () => assert.fail('there is no result'),
        });
        assert.deepEqual(outputs.map((one) => one.text), [0, 1, 2, 3, 4].map((i) => `Step ${i}\n`));
        assert.ok(outputs.every((one) => Math.abs(one.timestamp - Date.now()) < 60_000));
      } finally {
        await gate.close();
        await rm(path);
      }
    });

    it('returns a stream', async () => {
      // Until a server knows the dialect of its client, it says each event of a stream in both.
      await sandbox.exec('true');
      const stream = await sandbox.runCodeStream('import time; [print(i) for i in range(10)]');
      const events = (await new Response(stream).text()).trim().split('\n').map((line) => JSON.parse(line));
      const { execution_count: count, ...last } = events.pop();
      assert.deepEqual([last, Number.isInteger(count) && count > 0], [{ type: 'execution_complete' }, true]);
      assert.deepEqual(events.pop(), { type: 'result', json: Array(10).fill(null), metadata: {} });
      assert.ok(events.every((event) => event.type === 'stdout'));
      assert.equal(events.map((event) => event.text).join(''), '0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n');
    });
  });

  describe('README: rich outputs', () => {
    it('shows a chart', async () => {
      let shown = 0;
      const execution = await sandbox.runCode(`
import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 10, 100)
y = np.sin(x)
plt.plot(x, y)
plt.title('Sine Wave')
plt.show()
`, {
        context: pythonCtx,
        onResult: (result) => {
          if (result.png) shown += 1;
          assert.deepEqual(result.formats(), ['png', 'chart']);
        }
      });
      assert.deepEqual([shown, execution.results.length, execution.error], [1, 1, undefined]);
      const { chart, png } = execution.results[0];
      const [width, height] = pngSize(png);
      assert.ok(width > height && height > 100);
      assert.deepEqual([chart.type, chart.title, chart.library], ['line', 'Sine Wave', 'matplotlib']);
      const { points } = chart.data.axes[0].series[0];
      assert.equal(points.length, 100);
      points.forEach(([x, y], i) => {
        assert.ok(Math.abs(x - (i * 10) / 99) < 1e-9);
        assert.ok(Math.abs(y - Math.sin((i * 10) / 99)) < 1e-9);
      });
    });

    it('shows a frame', async () => {
      const formats = [];
      const tableExecution = await sandbox.runCode(`
import pandas as pd
df = pd.DataFrame({
    'name': ['Alice', 'Bob', 'Charlie'],
    'score': [92, 88, 95]
})
df
`, { context: pythonCtx, onResult: (result) => formats.push(result.formats()) });
      assert.deepEqual(formats, [['text', 'html']]);
      const [{ text, html, data }] = tableExecution.results;
      assert.equal(text, '      name  score\n0    Alice     92\n1      Bob     88\n2  Charlie     95');
      assert.deepEqual(html.match(/<td>[^<]*/g), ['Alice', '92', 'Bob', '88', 'Charlie', '95'].map((one) => `<td>${one}`));
      assert.deepEqual(data['application/vnd.dataresource+json'].data, [
        { index: 0, name: 'Alice', score: 92 }, { index: 1, name: 'Bob', score: 88 }, { index: 2, name: 'Charlie', score: 95 }]);
    });
  });

  describe('README: output formats', () => {
    for (const [expression, expected] of [
      ['1 + 1', { text: '2' }],
      ["HTML('<b>bold</b>')", { html: '<b>bold</b>', text: '<IPython.core.display.HTML object>' }],
      ["Image(data=b'\\x89PNG', format='png')", { png: 'iVBORw==' }],
      ["Image(data=b'\\xff\\xd8', format='jpeg')", { jpeg: '/9g=' }],
      ["SVG('<svg><g/></svg>')", { svg: '<svg><g/></svg>' }],
      ["JSON({'a': [1, None]})", { json: { a: [1, null] } }],
      ["Latex('$x^2$')", { latex: '$x^2$' }],
      ["Markdown('*so*')", { markdown: '*so*' }],
      ["Javascript('alert(1)')", { javascript: 'alert(1)' }],
    ])
      for (const code of [expression, `display(${expression})`])
        it(`has the formats of ${code}`, async () => {
          const formats = [];
          const execution = await sandbox.runCode(`from IPython.display import *\n${code}`, {
            context: pythonCtx,
            onResult: (result) => formats.push(...result.formats()),
          });
          assert.deepEqual(formats.sort(), Object.keys(expected).sort());
          assert.equal(execution.results.length, 1);
          const given = Object.entries(execution.results[0]).filter(([, value]) => value !== undefined);
          assert.deepEqual(Object.fromEntries(given), expected);
        });
  });

  it('README: lists and deletes contexts', async () => {
    const context = await sandbox.createCodeContext({ language: 'javascript', cwd: '/tmp' });
    const [listed] = (await sandbox.listCodeContexts()).filter((one) => one.id === context.id);
    assert.deepEqual(listed, context);
    await sandbox.deleteCodeContext(context.id);
    assert.ok(!(await sandbox.listCodeContexts()).some((one) => one.id === context.id));
    await assert.rejects(sandbox.runCode('1', { context }), { message: `Context ${context.id} not found` });
    await assert.rejects(sandbox.runCodeStream('1', { context }), { message: `Context ${context.id} not found` });
    await assert.rejects(sandbox.deleteCodeContext(context.id), { message: `Context ${context.id} not found` });
  });

  it('README: analyses data with Python and JavaScript', async () => {
    const pythonCtx = await sandbox.createCodeContext({ language: 'python' });
    const seen = [];
    const analysis = await sandbox.runCode(`
import pandas as pd
import matplotlib.pyplot as plt

# Create sample data
data = {
    'Month': ['Jan', 'Feb', 'Mar', 'Apr', 'May'],
    'Sales': [10000, 12000, 15000, 14000, 18000],
    'Profit': [2000, 2500, 3200, 2800, 4000]
}
df = pd.DataFrame(data)

# Display summary statistics
print("Sales Summary:")
print(df.describe())

# Create visualization
plt.figure(figsize=(10, 6))
plt.subplot(1, 2, 1)
plt.bar(df['Month'], df['Sales'])
plt.title('Monthly Sales')
plt.xlabel('Month')
plt.ylabel('Sales ($)')

plt.subplot(1, 2, 2)
plt.plot(df['Month'], df['Profit'], marker='o', color='green')
plt.title('Monthly Profit')
plt.xlabel('Month')
plt.ylabel('Profit ($)')

plt.tight_layout()
plt.show()

# Return the data as JSON
df.to_dict('records')
`, {
      context: pythonCtx,
      onResult: (result) => {
        if (result.png) seen.push('png');
        if (result.json) seen.push('json');
      }
    });
    assert.equal(analysis.error, undefined);
    assert.deepEqual(seen, ['png', 'json']);
    assert.deepEqual(analysis.logs.stdout.join('').trim().split(/\s*\n/).map((line) => line.split(/\s+/).slice(-3)), [
      ['Sales', 'Summary:'],
      ['', 'Sales', 'Profit'],
      ['count', '5.000000', '5.000000'],
      ['mean', '13800.000000', '2900.000000'],
      ['std', '3033.150178', '754.983444'],
      ['min', '10000.000000', '2000.000000'],
      ['25%', '12000.000000', '2500.000000'],
      ['50%', '14000.000000', '2800.000000'],
      ['75%', '15000.000000', '3200.000000'],
      ['max', '18000.000000', '4000.000000'],
    ]);
    const [{ chart }, { json }] = analysis.results;
    const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May'];
    const sales = [10000, 12000, 15000, 14000, 18000];
    const profit = [2000, 2500, 3200, 2800, 4000];
    assert.deepEqual(json, months.map((Month, i) => ({ Month, Sales: sales[i], Profit: profit[i] })));
    const axes = (type, title, y, values) => ({
      type, title, x: { label: 'Month', scale: 'linear' }, y: { label: y, unit: '$', scale: 'linear' },
      series: [{ type, points: months.map((month, i) => [month, values[i]]) }],
    });
    assert.deepEqual(chart.data.axes, [
      axes('bar', 'Monthly Sales', 'Sales ($)', sales), axes('line', 'Monthly Profit', 'Profit ($)', profit)]);

    const saved = await sandbox.runCode(`
# Save processed data
df.to_json('/tmp/sales_data.json', orient='records')
`, { context: pythonCtx });
    assert.deepEqual([saved.error, saved.results], [undefined, []]);

    const jsCtx = await sandbox.createCodeContext({ language: 'javascript' });
    const jsAnalysis = await sandbox.runCode(`
const fs = require('fs');
const data = JSON.parse(fs.readFileSync('/tmp/sales_data.json', 'utf8'));

// Calculate growth rate
const growth = data.map((curr, idx) => {
  if (idx === 0) return { ...curr, growth: 0 };
  const prev = data[idx - 1];
  return {
    ...curr,
    growth: ((curr.Sales - prev.Sales) / prev.Sales * 100).toFixed(2) + '%'
  };
});

console.log('Growth Analysis:', growth);
growth;
`, { context: jsCtx });
    await rm('/tmp/sales_data.json');
    assert.equal(jsAnalysis.error, undefined);
    const rates = [0, '20.00%', '25.00%', '-6.67%', '28.57%'];
    assert.deepEqual(jsAnalysis.results.map((one) => one.json), [json.map((one, i) => ({ ...one, growth: rates[i] }))]);
    assert.match(jsAnalysis.logs.stdout.join(''), /^Growth Analysis: \[\n  \{ Month: 'Jan', Sales: 10000, Profit: 2000, growth: 0 \},\n/);
  });

  it('tells output, results and errors as they come', async () => {
    const { told, ...callbacks } = recorder();
    const context = await sandbox.createCodeContext({ language: 'python' });
    const { logs, results, error } = await sandbox.runCode(
      "import sys\nprint('out')\nprint('err', file=sys.stderr)\ndisplay({'a': 1})\nraise ValueError('bad')", { context, ...callbacks });
    assert.deepEqual(told, [['stdout', 'out\n'], ['stderr', 'err\n'], ['result', ['text']], ['error', 'ValueError']]);
    assert.deepEqual([logs, results.length], [{ stdout: ['out\n'], stderr: ['err\n'] }, 1]);
    assert.deepEqual(error, {
      name: 'ValueError', value: 'bad', lineNumber: 5,
      traceback: ['Traceback (most recent call last):', '  Cell In[1], line 5, in <module>', "    raise ValueError('bad')", 'ValueError: bad'],
    });
  });

  it('awaits callbacks that take their time', async () => {
    const order = [];
    await sandbox.runCode("print('one')\n2", {
      context: pythonCtx,
      onStdout: async () => {
        await new Promise(setImmediate);
        order.push('stdout');
      },
      onResult: async () => order.push('result'),
    });
    assert.deepEqual(order, ['stdout', 'result']);
  });

  for (const [language, code, error] of [
    ['python', 'a = 1\nif a\n  2', { name: 'SyntaxError', value: "expected ':'", lineNumber: 2 }],
    ['javascript', 'let a = 1;\nnull.b', { name: 'TypeError', value: "Cannot read properties of null (reading 'b')", lineNumber: 2 }],
    ['typescript', 'let a: number = 1;\nthrow new RangeError(`${a}`)', { name: 'RangeError', value: '1', lineNumber: 2 }],
    ['typescript', 'let a = 1;\nlet b: = 2', { name: 'TranspileError', value: 'Unexpected "="', lineNumber: 2 }],
  ])
    it(`tells a ${error.name} of ${language}`, async () => {
      const context = await sandbox.createCodeContext({ language });
      const { error: told } = await sandbox.runCode(code, { context });
      assert.deepEqual({ name: told.name, value: told.value, lineNumber: told.lineNumber }, error);
    });

  it('keeps a default context for each language', async () => {
    const fresh = await makeSandbox(Sandbox, freshId('box'));
    for (const [language, code] of [['javascript', 'const n = 1'], ['typescript', 'const n: number = 2'], ['python', 'n = 3']])
      await fresh.runCode(code, { language });
    const values = [];
    for (const language of ['javascript', 'typescript', undefined])
      values.push((await fresh.runCode('n', { language })).results[0].text);
    assert.deepEqual(values, ['1', '2', '3']);
  });

  it('runs code for a session, too', async () => {
    const session = await sandbox.createSession({ id: freshId('s') });
    const context = await session.createCodeContext({ language: 'python' });
    assert.equal((await session.runCode('6 * 7', { context })).results[0].text, '42');
    const lines = (await new Response(await session.runCodeStream('print(1)', { context })).text()).trim().split('\n');
    assert.deepEqual(lines.map((line) => JSON.parse(line).type), ['stdout', 'execution_complete']);
    assert.ok((await session.listCodeContexts()).some((one) => one.id === context.id));
    await session.deleteCodeContext(context.id);
    await assert.rejects(session.runCode('1', { context }), /not found/);
  });

  it('begins contexts with the names of the reference', async () => {
    const python = await sandbox.createCodeContext({ language: 'python' });
    const execution = await sandbox.runCode('json.dumps([plt.__name__, pd.__name__, np.__name__])', { context: python });
    assert.equal(execution.results[0].text, `'["matplotlib.pyplot", "pandas", "numpy"]'`);
    const javascript = await sandbox.createCodeContext({ language: 'javascript' });
    const { results } = await sandbox.runCode(
      "[typeof fs.readFileSync, path.join('a', 'b'), util.inspect('c'), crypto.createHash('md5').digest('hex')]", { context: javascript });
    assert.deepEqual(results[0].json, ['function', 'a/b', "'c'", 'd41d8cd98f00b204e9800998ecf8427e']);
  });
});
