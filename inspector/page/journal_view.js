import { hashOf } from './address.js';
import { element, setAttribute, setText } from './element.js';
import { timeOfDay, whole } from './format.js';
import { VirtualList } from './virtual_list.js';

const kinds = [
  'started',
  'start_failed',
  'stopping',
  'killing',
  'stopped',
  'exited',
  'restarting',
  'gave_up',
  'breaker',
  'notice',
];
const levels = {
  start_failed: 'critical',
  gave_up: 'critical',
  missed: 'critical',
  daemon: 'critical',
  restarting: 'warning',
  exited: 'warning',
  killing: 'warning',
  breaker: 'warning',
  notice: 'warning',
};

const find = (id) => document.getElementById(id);

const kindWords = (kind) => kind.replace('_', ' ');

function levelOf({ kind, text }) {
  return kind === 'exited' && text === 'normal' ? 'calm' : (levels[kind] ?? 'calm');
}

/** The kind of an event in words, marked if it should stand out. */
export const kindMark = (event) =>
  element('span', { className: 'mark', 'data-level': levelOf(event) }, kindWords(event.kind));

/** What an event says besides its kind. */
export function wordsOf(event) {
  const window = event.intensity === undefined ? '' : `restart ${event.restartsInWindow} of ${event.intensity}`;
  return [event.text, window].filter(Boolean).join(' · ');
}

function makeRow() {
  const parts = {
    time: element('span', { className: 'time' }),
    mark: element('span', { className: 'mark' }),
    path: element('bdi', {}),
    link: element('a', { className: 'path' }),
    words: element('span', { className: 'words' }),
  };
  parts.link.append(parts.path);
  const row = element(
    'div',
    { className: 'journal-row', role: 'listitem' },
    parts.time,
    parts.mark,
    parts.link,
    parts.words,
  );
  row.parts = parts;
  return row;
}

function fillRow(row, event) {
  if (row.event === event) return;
  row.event = event;
  const { time, mark, link, path, words } = row.parts;
  setText(time, timeOfDay(event.time));
  setText(mark, kindWords(event.kind));
  setAttribute(mark, 'data-level', levelOf(event));
  setText(path, event.path);
  setAttribute(link, 'href', event.path ? hashOf(event.path) : undefined);
  setText(words, wordsOf(event));
  row.title = `${event.path}\n${wordsOf(event)}`;
}

/** The journal on the page, newest events first, with its filter. */
export class JournalView {
  #model;
  #scroller = find('journal-scroller');
  #list;
  #selected = '';
  #added = 0;

  /** `onOpen(path)` is called for the actor of the event that is clicked. */
  constructor(model, onOpen) {
    this.#model = model;
    this.#list = new VirtualList(this.#scroller, find('journal-rows'), {
      count: () => model.shown.length,
      make: makeRow,
      scroll: () => this.#stay(),
      fill: (row, index) => fillRow(row, model.shown[model.shown.length - 1 - index]),
    });
    this.#scroller.addEventListener('click', (event) => {
      const path = event.target.closest('.journal-row')?.event.path;
      if (!path) return;
      event.preventDefault();
      onOpen(path);
    });
    find('journal-kind').append(...kinds.map((kind) => element('option', { value: kind }, kindWords(kind))));
    find('journal-filter').addEventListener('input', () => this.#filter());
    find('journal-filter').addEventListener('submit', (event) => event.preventDefault());
  }

  /** Shows `count` events that have come, at the top. */
  added(count) {
    this.#added += count;
    this.changed();
  }

  /** Shows what the journal has become. */
  changed() {
    setText(find('journal-count'), `${whole(this.#model.shown.length)} events, UTC`);
    this.#list.changed();
  }

  /** Says why there is nothing newer to show. */
  fail(problem) {
    setText(find('journal-count'), `lost: ${problem}`);
  }

  /** Tells which actor is selected, to which the events may be limited. */
  select(path) {
    this.#selected = path;
    if (find('journal-selected').checked) this.#filter();
  }

  /** What somebody reads further below stays where it is when events come at the top. */
  #stay() {
    if (this.#scroller.scrollTop > 0) this.#scroller.scrollTop += this.#added * this.#list.rowHeight;
    this.#added = 0;
  }

  #filter() {
    this.#model.filter({
      text: find('journal-text').value,
      kind: find('journal-kind').value,
      path: find('journal-selected').checked ? this.#selected : '',
    });
    this.#scroller.scrollTop = 0;
    this.changed();
  }
}
