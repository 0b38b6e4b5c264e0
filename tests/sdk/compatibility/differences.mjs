// What may differ, and by which row of the protocol (HTTP.md). A difference that never applies fails the test.
import { absent } from './compare.mjs';
import { differencesA } from './differences_a.mjs';
import { differencesB } from './differences_b.mjs';

const numbered = (list, dialect) => list.map((one, i) => ({ ...one, dialect, id: `${dialect}${i + 1}` }));

export const differences = [...numbered(differencesA, 'A'), ...numbered(differencesB, 'B')];

const general = (one) => one.routes === '*';

/** The differences that a scenario may have, its own first. */
export const differencesOf = (row, dialect) =>
  differences
    .filter((one) => one.dialect === dialect)
    .filter((one) => general(one) || one.routes.includes(row.route))
    .filter((one) => !one.names || one.names.includes(row.name))
    .sort((one, other) => general(one) - general(other));

/** One line for a part of a difference. */
export function describePart(difference, part) {
  const what = part.at ?? `an event that only ${part.surplus === 'expected' ? 'was expected' : 'sandboxd sends'}`;
  const isGiven = part.at && part.expected !== absent && typeof part.expected !== 'function';
  return `${difference.id} (${difference.row}): ${what}${isGiven ? ` = ${JSON.stringify(part.expected)}` : ''}`;
}
