import { element, setText } from './element.js';
import { timeOfDay } from './format.js';
import { KeyedList } from './keyed_list.js';
import { durationOf, isUnderWay, keyOf, outcomeOf } from './request_words.js';
import { listed, setLink, setMark } from './requests_view.js';

const most = 20;

function makeItem(request) {
  const mark = element('span', { className: 'mark' });
  const link = element('a', {});
  const figures = element('span', { className: 'figures' });
  return {
    element: element(
      'li',
      {},
      element('time', { dateTime: request.startedAt }, timeOfDay(request.startedAt)),
      element('span', {}, link, ' ', mark, ' ', figures),
    ),
    show(now) {
      const { status } = now;
      setMark(mark, now.outcome === 'complete' ? { words: '' } : outcomeOf(now));
      setLink(link, now, `${now.method} ${now.path}`);
      const answer = isUnderWay(now) || status === 0 ? '' : `${status}, `;
      setText(figures, answer + durationOf(now, Date.now()));
    },
  };
}

/** The requests that an actor works for or has worked for, as a section that stays the same element. */
export class ActorRequests {
  #list = element('ol', { className: 'events' });
  #items = new KeyedList(this.#list, keyOf, makeItem);
  #section = element('section', {}, element('h3', {}, 'Requests'), this.#list);

  /** The section with these requests; undefined if there are none. */
  show(requests) {
    this.#items.show(listed(requests).slice(0, most));
    return this.#list.children.length > 0 ? this.#section : undefined;
  }
}
