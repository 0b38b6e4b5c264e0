import { hashOf, hashOfTrace } from './address.js';
import { bar, element, facts, setAttribute, setText } from './element.js';
import { bytes, milliseconds, whole } from './format.js';
import { KeyedList } from './keyed_list.js';

const find = (id) => document.getElementById(id);

/** Several of one rule may be about no actor. */
const keyOfLint = ({ rule, path, request, setting }) => [rule, path, request, setting].join(' ');

function makeLint({ path, setting, request }) {
  const mark = element('span', { className: 'mark' });
  const words = element('span', {});
  const link = path
    ? element('a', { href: hashOf(path) }, path)
    : request && element('a', { href: hashOfTrace(request) }, 'What was done for it');
  return {
    element: element('li', {}, mark, words, link, setting ? element('code', {}, setting) : undefined),
    show({ level, text }) {
      setAttribute(mark, 'data-level', level);
      setText(mark, level);
      setText(words, text);
    },
  };
}

const levelsOfCircuits = { closed: 'calm', half_open: 'warning', open: 'critical' };

function makePool({ language }, actions) {
  const mark = element('span', { className: 'mark' });
  const again = element('span', {});
  const figures = element('div', {});
  const problem = element('p', { className: 'problem' });
  const button = element('button', { type: 'button', onclick: () => actions.breaker(language, button.value) });
  return {
    element: element(
      'article',
      {},
      element('h4', {}, language),
      element('p', {}, mark, ' ', again),
      figures,
      problem,
      element('div', { className: 'buttons' }, button),
    ),
    show(pool) {
      setAttribute(mark, 'data-level', levelsOfCircuits[pool.circuit]);
      setText(mark, `circuit ${pool.circuit.replace('_', ' ')}`);
      const wait = pool.retryAfterMilliseconds;
      setText(again, wait > 0 ? `tries again in ${milliseconds(wait)}` : '');
      button.value = pool.circuit === 'closed' ? 'trip' : 'reset';
      setText(button, pool.circuit === 'closed' ? 'Trip…' : 'Reset…');
      setText(problem, pool.problem ?? '');
      figures.replaceChildren(
        facts([
          ['Idle', whole(pool.idle)],
          ['Starting', whole(pool.starting)],
          ['Lent', whole(pool.lent)],
          ['Waiting', whole(pool.waiting)],
          ['Bounds', pool.maximum === 0 ? `${pool.minimum} or more` : `${pool.minimum} to ${pool.maximum}`],
        ]),
      );
    },
  };
}

function makeBudget({ name, setting }) {
  const isBytes = setting.endsWith('-bytes');
  const words = isBytes ? bytes : whole;
  const place = element('div', {});
  return {
    element: element(
      'article',
      {},
      element('h4', {}, name.replace(/, bytes$/, '')),
      place,
      element('code', {}, setting),
    ),
    show: ({ used, limit }) =>
      place.replaceChildren(
        bar(used, limit, limit === 0 ? `${words(used)}, no limit` : `${words(used)} of ${words(limit)}`),
      ),
  };
}

/** Lints, pools with their breakers, and budgets, from the overview. */
export class HealthView {
  #button = document.querySelector('#views [data-view=health]');
  #lints = new KeyedList(find('lints'), keyOfLint, makeLint);
  #pools;
  #budgets = new KeyedList(find('budgets'), ({ name }) => name, makeBudget);

  constructor(actions) {
    this.#pools = new KeyedList(
      find('pools'),
      ({ language }) => language,
      (pool) => makePool(pool, actions),
    );
  }

  show({ lints, pools, budgets }) {
    find('health').classList.remove('unknown');
    find('no-lints').hidden = lints.length > 0;
    this.#lints.show(lints);
    this.#pools.show(pools);
    this.#budgets.show(budgets);
    const isCritical = lints.some(({ level }) => level === 'critical');
    setText(this.#button, lints.length === 0 ? 'Health' : `Health (${lints.length})`);
    setAttribute(this.#button, 'data-level', isCritical ? 'critical' : lints.length > 0 ? 'warning' : 'calm');
  }
}
