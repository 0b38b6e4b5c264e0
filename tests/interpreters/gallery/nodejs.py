"""JavaScript and TypeScript: values, rich results by the conventions of Jupyter's kernels, errors."""

import base64

from .cell import RESULT_MAX_BYTES, Cell, Number, Picture, Text, done, err, fails, out, shows
from .chart import RED, axis, series, simple

# A PNG of three by two red pixels, made by PIL.
RED_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGP8zwAFTDAGAwATKQED8NgHhAAAAABJRU5ErkJggg=="


def javascript(name, code, comes):
    return Cell(name, code, comes, "javascript")


def typescript(name, code, comes):
    return Cell(name, code, comes, "typescript")


def broken(ename, evalue, traceback, line=None):
    """An error is told on stderr, too, as Node does it."""
    return [err("".join(f"{one}\n" for one in traceback)), fails(ename, evalue, traceback, line)]


CELLS = [
    javascript("js_values", "display(1.5); display('é😀'); display(null); display(10n); display([1, 'a', null]); ({ a: { b: [1] }, f: NaN })", [
        shows(text="1.5"), shows(text="'é😀'"), shows(text="null"), shows(text="10n"), shows(json=[1, "a", None]),
        shows(json={"a": {"b": [1]}, "f": None}), done()]),
    javascript("js_what_json_cannot_say", "display(new Map([['k', 1]])); display(/x/g); display(new Uint8Array([1, 2])); (a) => a", [
        shows(text="Map(1) { 'k' => 1 }"), shows(text="/x/g"), shows(text="Uint8Array(2) [ 1, 2 ]"),
        shows(text="[Function (anonymous)]"), done()]),
    javascript("js_templates", "display(html`<b>${1 + 1}</b>`); display(md`*m*`); svg`<svg/>`", [
        shows(html="<b>2</b>"), shows(markdown="*m*"), shows(svg="<svg/>"), done()]),
    javascript("js_display_symbol", """\
class Temperature {
  constructor(degrees) { this.degrees = degrees; }
  [Symbol.for('Jupyter.display')]() {
    return { 'text/plain': `${this.degrees} °C`, 'text/html': `<i>${this.degrees} °C</i>`, 'text/latex': '$T$' };
  }
}
new Temperature(21)""", [shows(text="21 °C", html="<i>21 °C</i>", latex="$T$"), done()]),
    javascript("js_methods_of_ijavascript", """\
display({ _toHtml: () => '<b>h</b>', _toSvg: () => '<svg/>' });
display({ _toMime: () => ({ 'text/markdown': '# m' }) });
({ _toPng: () => '%s' })""" % RED_PNG, [
        shows(html="<b>h</b>", svg="<svg/>"), shows(markdown="# m"),
        shows(png=Picture(colors=(RED,), size=(3, 2), pixels=6)), done()]),
    javascript("js_bytes", f"({{ _toPng: () => Buffer.from('{RED_PNG}', 'base64') }})", [
        shows(png=Picture(colors=(RED,), size=(3, 2), pixels=6)), done()]),
    javascript("js_later", "({ _toHtml: async () => '<i>later</i>', _toMarkdown: () => '*now*' })", [
        shows(html="<i>later</i>", markdown="*now*"), done()]),
    javascript("js_display_ids", """\
display(html`<i>0 %</i>`, { display_id: 'p' });
console.log('between');
display({ 'text/html': '<i>100 %</i>' }, { raw: true, display_id: 'p', update: true });""", [
        {**shows(html="<i>0 %</i>"), "displayId": "p"}, out("between\n"),
        {**shows(html="<i>100 %</i>"), "displayId": "p", "update": True}, done()]),
    javascript("js_chart_of_vega_lite", """\
({ [Symbol.for('Jupyter.display')]: () => ({ 'application/vnd.vegalite.v5+json': {
  mark: 'point', data: { values: [{ t: 1, v: 2 }, { t: 3, v: 4 }] },
  encoding: { x: { field: 't', title: 'Time (s)' }, y: { field: 'v' } } } }) })""", [
        shows(chart=simple("scatter", series("scatter", [[1, 2], [3, 4]]), library="altair", x=axis("Time (s)", "s"),
                           y=axis("v")),
              data={"application/vnd.vegalite.v5+json": {
                  "mark": "point", "data": {"values": [{"t": 1, "v": 2}, {"t": 3, "v": 4}]},
                  "encoding": {"x": {"field": "t", "title": "Time (s)"}, "y": {"field": "v"}}}}),
        done()]),
    javascript("js_await_and_generators", """\
function* squares(n) { for (let i = 0; i < n; i++) yield i * i; }
const later = await Promise.resolve(20);
for await (const one of [Promise.resolve('a')]) console.log(one);
[...squares(3), later]""", [out("a\n"), shows(json=[0, 1, 4, 20]), done()]),
    javascript("js_output", r"""console.log('a', { b: 1 });
console.error('e');
process.stdout.write(Buffer.from([0x61, 0xff, 0x0a]));
display(1);
console.log('é😀 \ud800');""", [
        out("a { b: 1 }\n"), err("e\n"), out("a\ufffd\n"), shows(text="1"), out("é😀 \ufffd\n"), done()]),
    javascript("js_half_surrogate_pairs", r"({ lone: '\ud800', pair: '\ud83d\ude00', escape: '\\ud800' })", [
        shows(json={"lone": "\ufffd", "pair": "😀", "escape": "\\ud800"}), done()]),
    javascript("js_text_that_is_too_large", "display('x'.repeat(300_000)); html`${'x'.repeat(300_000)}`", [
        shows(text="'" + "x" * 10_000 + "'... 290000 more characters"),  # by util.inspect
        shows(html="x" * RESULT_MAX_BYTES + "\n... [37856 of 300000 characters left out]",
              metadata={"left_out": {"text/html": 300_000}}),
        done()]),
    javascript("js_bytes_that_are_too_large", "({ _toPng: () => Buffer.alloc(300_000) })", [
        shows(text="[image/png of 400000 bytes left out]", metadata={"left_out": {"image/png": 400_000}}), done()]),
    javascript("js_bundle_that_is_too_large", f"""\
const bundle = {{}};
for (let n = 0; n < 13; n++) bundle[`x/${{n}}`] = 'v'.repeat({RESULT_MAX_BYTES});
display(bundle, {{ raw: true }});""", [
        shows(data={f"x/{n}": "v" * RESULT_MAX_BYTES for n in range(6)},
              metadata={"left_out": {f"x/{n}": RESULT_MAX_BYTES for n in range(6, 13)}}),
        done()]),
    javascript("js_error", "function divide(n) {\n  throw new RangeError(`${n}`);\n}\ndivide(0)", broken(
        "RangeError", "0", ["RangeError: 0", "    at divide (Cell In[1]:2:9)", "    at Cell In[1]:4:1"], 2)),
    javascript("js_syntax_error", "let a = 1;\nlet b = ;", broken(
        "SyntaxError", "Unexpected token ';'", ["Cell In[1]:2", "let b = ;", "        ^", "SyntaxError: Unexpected token ';'"], 2)),
    javascript("js_error_with_a_cause", "throw new Error('outer', { cause: new TypeError('inner') })", broken(
        "Error", "outer", ["Error: outer", "    at Cell In[1]:1:7", "  [cause]: TypeError: inner", "      at Cell In[1]:1:35"], 1)),
    javascript("js_several_errors", """\
const one = new Error('one');
let two = new TypeError('two');
await Promise.any([Promise.reject(one), Promise.reject(two)])""", broken(
        "AggregateError", "All promises were rejected", [
            "AggregateError: All promises were rejected", "  [0]: Error: one", "      at Cell In[1]:1:13",
            "  [1]: TypeError: two", "      at Cell In[1]:2:11"])),
    javascript("js_thrown_text", "throw 'plain'", [fails("Error", "plain", [])]),
    javascript("js_text_of_megabytes", "throw new Error('x'.repeat(20_000_000))", [
        {"type": "stderr", "text": Text(pattern=r"(?s)Error: x+\.\.\. \[\d+ of \d+ characters left out\]\n.*")},
        fails("Error", "x" * 65_536 + "... [19934464 of 20000000 characters left out]", [
            Text(pattern=r"Error: x+\.\.\. \[\d+ of \d+ characters left out\]"), "    at Cell In[1]:1:7"], 1)]),
    javascript("js_rejection_that_nobody_handles", "Promise.reject(new Error('lost')); 1", [
        shows(text="1"), err("Uncaught (in promise) Error: lost\n    at Cell In[1]:1:16\n"), done()]),
    typescript("ts_types", """\
interface Point { x: number; y: number }
enum Side { Left = 3, Right }
const point: Point = { x: 1, y: Side.Right };
display(html`<b>${point.y}</b>`);
point as Point""", [shows(html="<b>4</b>"), shows(json={"x": 1, "y": 4}), done()]),
    typescript("ts_type_errors_do_not_stop_a_run", "const n: number = 'text' as any;\nconst m: string = 5;\n[n, m]", [
        shows(json=["text", 5]), done()]),
    typescript("ts_error_at_the_line_of_the_user", "type Text = string;\n\nthrow new RangeError('far');", broken(
        "RangeError", "far", ["RangeError: far", "    at Cell In[1]:3:7"], 3)),
    typescript("ts_syntax_error", "const a = 1;\nconst b: number = ;", [
        err('TypeScript compilation error: Unexpected ";"\n'),
        fails("TranspileError", 'Unexpected ";"', [
            "Cell In[1]:2", "const b: number = ;", "                  ^", 'TranspileError: Unexpected ";"'], 2)]),
]
