import { hashOf } from './address.js';
import { element, facts, setAttribute, setText } from './element.js';
import { bytes, dayAndTime, microseconds, whole } from './format.js';
import { KeyedList } from './keyed_list.js';
import { durationOf, isUnderWay, outcomeOf, statusOf } from './request_words.js';
import { barsOf, inTreeOrder, mayChange, roomOf } from './trace_model.js';

const find = (id) => document.getElementById(id);

function put(bar, { left, width }) {
  bar.style.left = `${left}%`;
  bar.style.width = `${width}%`;
}

function makeRow({ span }) {
  const name = element('td', { className: 'step' });
  const start = element('td', { className: 'number start' });
  const duration = element('td', { className: 'number duration' });
  const wait = element('div', { className: 'wait' });
  const work = element('div', { className: 'work' });
  const waited = element('td', { className: 'number waited' });
  const link = element('a', {}, element('bdi', {}, span.path ?? ''));
  const pid = element('td', { className: 'number pid' });
  const text = element('td', { className: 'text' });
  const row = element(
    'tr',
    {},
    name,
    start,
    duration,
    element('td', { className: 'timeline' }, element('div', { className: 'track', 'aria-hidden': 'true' }, wait, work)),
    waited,
    element('td', { className: 'path' }, span.path ? link : ''),
    pid,
    text,
  );
  setAttribute(link, 'href', span.path ? hashOf(span.path) : undefined);
  link.title = span.path ?? '';
  return {
    element: row,
    show({ span: one, level, room }) {
      row.style.setProperty('--level', level);
      setText(name, one.name);
      setText(start, microseconds(Math.max(0, one.startMicroseconds)));
      setText(duration, isUnderWay(one) ? 'under way' : microseconds(one.durationMicroseconds));
      setText(waited, one.waitedMicroseconds === undefined ? '' : microseconds(one.waitedMicroseconds));
      setText(pid, one.pid === undefined ? '' : String(one.pid));
      setText(text, one.text ?? '');
      const bars = barsOf(one, room);
      put(wait, bars.wait);
      put(work, bars.work);
      work.classList.toggle('under-way', isUnderWay(one));
    },
  };
}

function headOf(trace) {
  const status = statusOf(trace);
  const outcome = outcomeOf(trace);
  const marked = ({ level, words }) => words && element('span', { className: 'mark', 'data-level': level }, words);
  return facts([
    ['Request id', trace.requestId],
    ['Started', `${dayAndTime(trace.startedAt)} UTC`],
    ['Duration', durationOf(trace, Date.now())],
    ['Outcome', marked(outcome)],
    ['Trace id', trace.traceId],
    ['Span id', trace.spanId],
    ['Client', trace.client],
    ['Status', marked(status)],
    ['Sent', trace.bytesOut === undefined ? undefined : bytes(trace.bytesOut)],
    ['Lost', trace.lostSpans > 0 ? `${whole(trace.lostSpans)} steps, for which there was no room` : undefined],
  ]);
}

/** What was done for one request: its facts, and each step with a bar where it began and for how long it lasted. */
export class TraceView {
  #api;
  #onFound;
  #id = '';
  #trace;
  #rows = new KeyedList(find('trace-rows'), ({ span }) => String(span.id), makeRow);

  /** `onFound(id, spanId)` hears by which id a request was looked for, and by which it is shown from then on. */
  constructor(api, actions, onFound) {
    this.#api = api;
    this.#onFound = onFound;
    find('trace-cut').addEventListener('click', () => actions.cut(this.#trace));
    find('trace-export').addEventListener('click', (event) => {
      event.preventDefault(); // a link by itself would go without the token
      this.#export();
    });
  }

  /**
   * Begins to show the trace of a request, of which nothing is known yet; `id` is its own, or that of its span or its
   * trace.
   */
  select(id) {
    if (id === this.#id && this.#trace && mayChange(this.#trace)) return;
    this.#id = id;
    this.#trace = undefined;
    find('trace').classList.add('unknown');
    find('trace-problem').textContent = '';
    setText(find('trace-title'), id);
    this.#rows.show([]);
    find('trace-head').replaceChildren();
    find('trace').scrollTop = 0;
  }

  focus() {
    find('trace').focus({ preventScroll: true });
  }

  /** Asks the daemon for the trace and shows it, unless all of it is known. */
  async load() {
    const id = this.#id;
    if (!id || (this.#trace && !mayChange(this.#trace))) return;
    try {
      const trace = await this.#api.get('trace', { id });
      if (id !== this.#id) return;
      this.#id = trace.spanId; // another request may come with the same id, or in the same trace
      this.#show(trace);
      if (id !== trace.spanId) this.#onFound(id, trace.spanId);
    } catch (error) {
      if (id !== this.#id) return;
      find('trace-problem').textContent = error.message;
      if (error.status === 404) this.#offerCut(false);
    }
  }

  #show(trace) {
    this.#trace = trace;
    find('trace').classList.remove('unknown');
    find('trace-problem').textContent = '';
    setText(find('trace-title'), `${trace.method} ${trace.path}`);
    const head = headOf(trace);
    const place = find('trace-head');
    if (!place.firstChild?.isEqualNode(head)) place.replaceChildren(head);
    this.#offerCut(isUnderWay(trace));
    const query = new URLSearchParams({ id: trace.spanId, format: 'otlp' });
    setAttribute(find('trace-export'), 'href', `/inspector/api/trace?${query}`);
    const room = roomOf(trace, Date.now());
    setText(find('trace-room'), microseconds(room));
    find('trace-empty').hidden = trace.spans.length > 0;
    find('trace-table').hidden = trace.spans.length === 0;
    this.#rows.show(inTreeOrder(trace.spans).map((row) => ({ ...row, room })));
  }

  #offerCut(isPossible) {
    const button = find('trace-cut');
    if (!isPossible && document.activeElement === button) this.focus(); // who uses keys stays in this view
    button.hidden = !isPossible;
  }

  async #export() {
    const { spanId } = this.#trace;
    try {
      const exported = await this.#api.get('trace', { id: spanId, format: 'otlp' });
      const href = URL.createObjectURL(new Blob([JSON.stringify(exported)], { type: 'application/json' }));
      element('a', { href, download: `trace-${spanId}.json` }).click();
      URL.revokeObjectURL(href);
    } catch (error) {
      find('trace-problem').textContent = error.message;
    }
  }
}
