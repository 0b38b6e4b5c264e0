"""What is printed, by whatever means; values that are awaited or generated; and every kind of text."""

from .cell import Cell, Text, done, err, out, shows

CELLS = [
    Cell("streams_in_order", """\
import sys
print('one')
print('two', file=sys.stderr)
display('three')
print('four')
'five'""", [out("one\n"), err("two\n"), shows(text="'three'"), out("four\n"), shows(text="'five'"), done()]),
    Cell("top_level_await", """\
import asyncio
async def twice(n):
    await asyncio.sleep(0)
    return 2 * n
print(await asyncio.gather(twice(1), twice(2)))
async with asyncio.Lock():
    pass
await twice(21)""", [out("[2, 4]\n"), shows(text="42"), done()]),
    Cell("generators", """\
def squares(n):
    for i in range(n):
        yield i * i
display(squares(3))
list(squares(4))""", [shows(text=Text(pattern="<generator object squares at 0x[0-9a-f]+>")), shows(json=[0, 1, 4, 9]), done()]),
    Cell("asynchronous_generators", """\
async def counts():
    for i in range(3):
        yield i
[i async for i in counts()]""", [shows(json=[0, 1, 2]), done()]),
    Cell("unicode", r"""print('e\u0301 \N{WOMAN}\u200d\N{ROCKET} \u202eright to left \U0001F1EE\U0001F1F9 \x00 end')
'日本語 e\u0301 😀'""", [
        # A letter with a combining accent, two emoji that are one, a flag of two letters, a zero byte.
        out("e\u0301 \U0001f469\u200d\U0001f680 \u202eright to left \U0001f1ee\U0001f1f9 \x00 end\n"),
        shows(text="'日本語 e\u0301 😀'"),
        done(),
    ]),
    Cell("half_surrogate_pairs", r"""print('a\ud800b')
display({'text/plain': 'a\udc00b', 'application/json': ['\ud83d', '\ud83d\ude00', r'\ud800']}, raw=True)
'a\ud800b'""", [
        # Python prints and writes them as escapes. In values they become U+FFFD, for no encoding can say them.
        out("a\\ud800b\n"),
        shows(json=["\ufffd", "😀", "\\ud800"]),
        shows(text="'a\\ud800b'"),
        done(),
    ]),
    Cell("binary", r"""import os
os.write(1, b'a\xff\xfeb\xe2\x82 c\n')
os.write(1, b'\xc3')
os.write(1, b'\xa9 whole\n')
os.write(2, bytes([0x80]) + b'\n');""", [
        # Each maximal part of what could be a character becomes one U+FFFD (Unicode, chapter 3.9).
        out("a\ufffd\ufffdb\ufffd c\né whole\n"),
        err("\ufffd\n"),
        done(),
    ]),
    Cell("much_output", "print('x' * 3_000_000)\nprint('end')", [out("x" * 3_000_000 + "\nend\n"), done()]),
    Cell("output_of_others", """\
import os, subprocess
subprocess.run(['sh', '-c', 'echo child'])
!echo shell
os.system('echo system');""", [out("child\nshell\nsystem\n"), done()]),
    # A cell of its own: what others write to two pipes has no order between them.
    Cell("errors_of_others", "import os\nos.system('echo trouble >&2; echo more >&2');", [err("trouble\nmore\n"), done()]),
    Cell("carriage_returns_and_colors", r"print('10 %\r20 %\x1b[31mred\x1b[0m', end='')", [
        out("10 %\r20 %\x1b[31mred\x1b[0m"), done()]),
]
