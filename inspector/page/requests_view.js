import { hashOfTrace } from './address.js';
import { element, setAttribute, setText } from './element.js';
import { timeOfDay, whole } from './format.js';
import { KeyedList } from './keyed_list.js';
import { durationOf, isUnderWay, keyOf, outcomeOf, statusOf } from './request_words.js';

const find = (id) => document.getElementById(id);

const mark = () => element('span', { className: 'mark' });

export function setMark(target, { level, words }) {
  setAttribute(target, 'data-level', level);
  setText(target, words);
}

/** Makes a link the way to the trace of a request, if there is one, or to where it can be cut. */
export function setLink(link, request, text) {
  setAttribute(link, 'href', request.recorded || isUnderWay(request) ? hashOfTrace(request.spanId) : undefined);
  setText(link, text);
}

/** Requests as lists show them: those under way, then those that have ended. */
export const listed = ({ open, ended }) => [...open, ...ended];

function makeRow(request) {
  const time = element('time', { dateTime: request.startedAt }, timeOfDay(request.startedAt));
  const duration = element('td', { className: 'number duration' });
  const status = mark();
  const outcome = mark();
  const link = element('a', {});
  return {
    element: element(
      'tr',
      {},
      element('td', { className: 'time' }, time),
      duration,
      element('td', { className: 'number status' }, status),
      element('td', { className: 'method' }, request.method),
      element('td', { className: 'path' }, request.path),
      element('td', { className: 'id' }, link),
      element('td', { className: 'outcome' }, outcome),
    ),
    show(now) {
      setText(duration, durationOf(now, Date.now()));
      setMark(status, statusOf(now));
      setMark(outcome, outcomeOf(now));
      setLink(link, now, now.requestId);
    },
  };
}

/** The requests to the sandbox, those under way first, each with the way to its trace. */
export class RequestsView {
  #api;
  #rows = new KeyedList(find('requests-rows'), keyOf, makeRow);

  /** `onSearch` is called when something else is looked for. */
  constructor(api, onSearch) {
    this.#api = api;
    find('requests-filter').addEventListener('input', onSearch);
    find('requests-filter').addEventListener('submit', (event) => event.preventDefault());
    find('requests-rows').addEventListener('click', (event) => {
      const isSelecting = !getSelection().isCollapsed;
      if (!event.target.closest('a') && !isSelecting) event.target.closest('tr')?.querySelector('a[href]')?.click();
    });
  }

  /** Asks the daemon for the requests and shows them. */
  async load() {
    const search = find('requests-text').value.trim();
    try {
      const requests = await this.#api.get('requests', search ? { search } : {});
      this.#show(requests, search);
      find('requests-problem').textContent = '';
    } catch (error) {
      setText(find('requests-count'), '');
      find('requests-problem').textContent = error.message;
    }
  }

  /** Puts the focus where its keys are those of the view. */
  focus() {
    find('requests-scroller').focus({ preventScroll: true });
  }

  #show(requests, search) {
    this.#rows.show(listed(requests));
    const { open, ended } = requests;
    setText(find('requests-count'), `${whole(open.length)} under way, ${whole(ended.length)} ended, UTC`);
    const isEmpty = open.length + ended.length === 0;
    find('requests-empty').hidden = !isEmpty;
    find('requests-table').hidden = isEmpty;
    setText(find('requests-empty'), search ? 'No request was found.' : 'No request has been traced.');
  }
}
