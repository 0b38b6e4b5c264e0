// docs/compatibility.md: which test proves which endpoint, written from the same data that the test runs on.
import { readFile, writeFile } from 'node:fs/promises';
import { differences, differencesOf } from './differences.mjs';
import { endpoints, sdks } from './endpoints.mjs';
import { rowsA } from './rows_a.mjs';
import { rowsB } from './rows_b.mjs';

const place = new URL('../../../docs/compatibility.md', import.meta.url);

const line = (...cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |\n`;
const heading = (...cells) => line(...cells) + line(...cells.map(() => '---'));
const allowed = (row, dialect) =>
  differencesOf(row, dialect)
    .filter((one) => one.routes !== '*')
    .map((one) => `${one.id} (${one.row})`)
    .join(', ');

/** The rows of one dialect, in the order of the checklist. */
function table(dialect, rows, comparedWith) {
  const lines = endpoints.flatMap((endpoint) => {
    const called = endpoint[dialect.toLowerCase()];
    if (!called) return [];
    return rows
      .filter((row) => row.route === endpoint.route)
      .map((row) => line(`\`${endpoint.route}\``, endpoint.section, called.method, called.versions, row.sdks.join(', '),
        row.name, comparedWith(row), allowed(row, dialect)));
  });
  const head = heading('endpoint', 'protocol', 'SDK method', 'SDK versions', 'driven by', 'test', 'compared with', 'allowed differences');
  return head + lines.join('');
}

/** The fields that may differ; an event is named by nothing but its stream. */
const fieldsOf = ({ parts }) => [...new Set(parts.map(({ at }) => (at ? `\`${at}\`` : 'one more event')))].join(', ');

/** Everywhere, or where. */
const routesOf = ({ routes, names }) =>
  routes === '*' ? 'all' : routes.map((route) => `\`${route}\``).join(', ') + (names ? `: ${names.join('; ')}` : '');

export const document = () => `# Compatibility

Generated: \`node tests/sdk/compatibility.mjs --write\` writes this file, and \`./test\` fails when it is not what the tests say.

Every endpoint of the protocol's checklist (HTTP.md 18) that this server has, and its extensions of the code interpreter, with
the method of the SDK that calls it and the tests that prove it. Each test is a scenario of \`tests/sdk/compatibility.test.mjs\` and drives the published npm package
\`@cloudflare/sandbox\`: ${Object.keys(sdks).join(', ')}. Names as below select them, for example

    cd tests/sdk && node --test --test-name-pattern='POST /api/execute: goes on after exit' compatibility.test.mjs

Status, header fields and body of every exchange are compared after ids, times, pids, durations, paths and ports have been
given names. Dialect A is compared with the server inside npm 0.3.7, which runs alongside and gets the same calls; dialect B
with the exchanges observed at its reference (Appendix A of the protocol) and with its tables. A difference is allowed only
where it is listed here with the row of the protocol it follows; one that never occurs fails the test, too.

## Dialect A

${table('A', rowsA, () => 'reference 0.3.7')}
## Dialect B

${table('B', rowsB, (row) => row.source)}
## Allowed differences

Those of all endpoints are not repeated above. NEW is what the protocol asks of this server alone, 15 its list of weaknesses
of the references, 2.4 its answers for both dialects.

${heading('', 'protocol', 'where', 'what', 'why')}${differences
  .map((one) => line(one.id, one.row, routesOf(one), fieldsOf(one), one.why))
  .join('')}`;

export const committed = () => readFile(place, 'utf8').catch(() => '');
export const write = () => writeFile(place, document());
