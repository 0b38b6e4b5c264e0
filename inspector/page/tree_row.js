import { element, setAttribute, setText } from './element.js';
import { rate, whole } from './format.js';

/** Makes the element of a row of the tree. */
export function makeRow() {
  const cell = (className) => element('span', { className });
  const parts = {
    arrow: element('span', { className: 'arrow', 'aria-hidden': 'true' }),
    name: cell('name'),
    hint: cell('hint'),
    kind: cell('kind'),
    mark: cell('mark'),
    status: cell('status'),
    depth: cell('number'),
    rate: cell('number rate'),
    restarts: cell('number restarts'),
    pid: cell('number pid'),
  };
  const row = element(
    'div',
    { className: 'tree-row', role: 'treeitem' },
    element('span', { className: 'place' }, parts.arrow, parts.name, parts.hint),
    parts.kind,
    element('span', { className: 'state' }, parts.mark, parts.status),
    parts.depth,
    parts.rate,
    parts.restarts,
    parts.pid,
  );
  row.parts = parts;
  return row;
}

/** What is said beside the name: the id of what a dynamic child is about, or how many dynamic children there are. */
function hintOf(node, speaker) {
  if (node.isDynamic) return node.childCount > 0 ? `(${whole(node.childCount)})` : '';
  const id = node.isDynamicChild ? speaker.actor?.details?.id : undefined;
  return id === undefined ? '' : String(id);
}

/** The mark of a row: its own trouble, or that there is some in what is closed. */
function markOf(node, isOpen) {
  if (node.trouble) return node.trouble;
  if (!isOpen && node.troublesBelow > 0) return { level: 'warning', words: `${whole(node.troublesBelow)} below` };
  if (node.actor && node.actor.phase !== 'running') return { level: 'calm', words: node.actor.phase };
  return undefined;
}

/** An actor's own words, and once it has ended why; of a closed dynamic child those of who speaks for it. */
function statusOf(actor, speaker, isOpen) {
  if (actor?.phase === 'exited' && actor.lastError) return actor.lastError;
  return actor?.status ?? (isOpen ? '' : (speaker.actor?.status ?? ''));
}

/** A row as it is read out: numbers with what they count. */
function labelOf({ name, hint, kind, mark, status, depth, rate: perSecond, restarts, pid }) {
  const counted = [
    [depth, 'in the mailbox'],
    [perSecond, 'messages per second'],
    [restarts, 'restarts'],
  ].map(([{ shownText }, what]) => shownText && `${shownText} ${what}`);
  const words = [`${name.shownText} ${hint.shownText}`.trim(), kind.shownText, mark.shownText, status.shownText];
  return [...words, ...counted, pid.shownText && `pid ${pid.shownText}`].filter(Boolean).join(', ');
}

/** Shows a node in the element of a row. `rates` are those of messages. */
export function fillRow(row, node, { isOpen, isSelected, rates }) {
  const { parts } = row;
  const { actor } = node;
  const speaker = node.speaker;
  const mark = markOf(node, isOpen);
  const hasChildren = node.childCount > 0;
  const level = String(node.level);
  if (row.level !== level) {
    row.level = level;
    row.style.setProperty('--level', level);
    setAttribute(row, 'aria-level', level);
  }
  setText(parts.arrow, hasChildren ? (isOpen ? '▾' : '▸') : '');
  setText(parts.name, node.name);
  setText(parts.hint, hintOf(node, speaker));
  setText(parts.kind, actor?.kind ?? '');
  setAttribute(parts.mark, 'data-level', mark?.level);
  setText(parts.mark, mark?.words ?? '');
  setText(parts.status, statusOf(actor, speaker, isOpen));
  setText(parts.depth, actor?.mailbox.depth > 0 ? whole(actor.mailbox.depth) : '');
  setText(parts.rate, rate(rates.of(node.path)));
  setText(parts.restarts, actor?.restarts > 0 ? whole(actor.restarts) : '');
  setText(parts.pid, actor?.pid === undefined ? '' : String(actor.pid));
  setAttribute(row, 'aria-label', labelOf(parts));
  setAttribute(row, 'data-found', node.matches ? '' : undefined);
  setAttribute(row, 'aria-expanded', hasChildren ? String(isOpen) : undefined);
  setAttribute(row, 'aria-selected', String(isSelected));
  setAttribute(row, 'aria-setsize', String(node.parent?.shownChildren ?? 1));
  setAttribute(row, 'aria-posinset', String(node.position));
}
