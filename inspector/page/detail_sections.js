import { ActorRequests } from './actor_requests.js';
import { bar, element, facts } from './element.js';
import { bytes, dayAndTime, microseconds, milliseconds, timeOfDay, whole } from './format.js';
import { barHeights, bucketName, quantile } from './histogram.js';
import { kindMark, wordsOf } from './journal_view.js';
import { troubleOf } from './trouble.js';

const titled = (title, ...content) => element('section', {}, element('h3', {}, title), ...content);

function mailbox({ mailbox: box }) {
  return titled(
    'Mailbox',
    facts([
      ['Depth', `${whole(box.depth)}, at most ${whole(box.highWater)}`],
      ['Handled', `${whole(box.handled)} of ${whole(box.received)}`],
      ['Oldest waits', box.depth > 0 ? microseconds(box.oldestMicroseconds) : undefined],
      [
        'Handler',
        box.handled > 0
          ? `${microseconds(box.handlingMicroseconds / box.handled)} on average, ${microseconds(box.longestHandlingMicroseconds)} at most`
          : undefined,
      ],
    ]),
  );
}

function supervisor({ supervisor: figures }) {
  if (!figures) return undefined;
  const { strategy, intensity, periodSeconds, used, left } = figures;
  const words =
    left < 0 ? 'has given up' : `${used} of ${intensity} restarts within ${periodSeconds} s used, ${left} left`;
  return titled('Supervisor', facts([['Strategy', strategy]]), bar(used, intensity, words));
}

function histogram(title, counts) {
  const highest = quantile(counts, 1);
  if (highest === undefined) return undefined;
  const upTo = (share) => {
    const bound = quantile(counts, share);
    return bound === Infinity ? 'more than 4 s' : `below ${microseconds(bound)}`;
  };
  const words = `half ${upTo(0.5)}, 99 % ${upTo(0.99)}`;
  const columns = barHeights(counts).map((height, index) => {
    const column = element(
      'div',
      { title: `${whole(counts[index])} ${bucketName(index, counts.length)}` },
      element('div'),
    );
    column.firstChild.style.height = `${height * 100}%`;
    return column;
  });
  return titled(
    title,
    element('p', { className: 'summary' }, words),
    element('div', { className: 'histogram', role: 'img', 'aria-label': `${title}: ${words}` }, ...columns),
    element(
      'div',
      { className: 'histogram-scale', 'aria-hidden': 'true' },
      ...['', '1 µs', '30 µs', '1 ms', '30 ms', '1 s'].map((text) => element('span', {}, text)),
    ),
  );
}

function processes({ processes: list = [] }) {
  if (list.length === 0) return undefined;
  const rows = list.map((process) =>
    element(
      'tr',
      { title: [process.directory, process.cgroup].filter(Boolean).join('\n') },
      element('td', { className: 'number' }, String(process.pid)),
      element(
        'td',
        { className: 'number' },
        process.pidInNamespace === undefined ? '' : String(process.pidInNamespace),
      ),
      element('td', {}, process.state),
      element('td', { className: 'number' }, bytes(process.rssBytes)),
      element('td', { className: 'number' }, milliseconds(process.cpuMilliseconds)),
      element('td', { className: 'command' }, process.command),
    ),
  );
  const head = ['Pid', 'Inside', '', 'RSS', 'CPU', 'Command'].map((name, index) =>
    element('th', { className: [0, 1, 3, 4].includes(index) ? 'number' : '' }, name),
  );
  return titled(
    'Processes',
    element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows)),
  );
}

const actorRequests = new ActorRequests();

function events({ events: list }) {
  if (list.length === 0) return undefined;
  const items = list
    .toReversed()
    .map((event) =>
      element(
        'li',
        {},
        element('time', { dateTime: event.time }, timeOfDay(event.time)),
        kindMark(event),
        element('span', {}, wordsOf(event)),
      ),
    );
  return titled('Events', element('ol', { className: 'events' }, ...items));
}

function state(actor) {
  const now = Date.now();
  const trouble = troubleOf(actor, now, now);
  const isPhaseSaid = actor.phase === 'running' && actor.status !== undefined;
  const mark = trouble ?? (isPhaseSaid ? undefined : { level: 'calm', words: actor.phase });
  return element(
    'section',
    {},
    element(
      'p',
      { className: 'state' },
      mark && element('span', { className: 'mark', 'data-level': mark.level }, mark.words),
      ' ',
      actor.status,
    ),
    actor.lastError
      ? element('p', { className: 'last-error' }, element('strong', {}, 'Last error '), actor.lastError)
      : undefined,
    facts([
      ...Object.entries(actor.details ?? {}).map(([name, value]) => [name, String(value)]),
      ['Kind', actor.kind],
      ['Pid', actor.pid === undefined ? undefined : String(actor.pid)],
      ['Started', `${dayAndTime(actor.startedAt)} UTC`],
      ['Restarts', [whole(actor.restarts), actor.restart].filter(Boolean).join(', ')],
      ['Started again', actor.restartDue && timeOfDay(actor.restartDue)],
    ]),
  );
}

/** What makes the sections about an actor in full, in their order; each gives undefined if there is nothing to show. */
export const sections = [
  state,
  supervisor,
  mailbox,
  (actor) => histogram('Waiting in the mailbox', actor.waitingHistogram),
  (actor) => histogram('Handling', actor.handlingHistogram),
  processes,
  ({ requests }) => requests && actorRequests.show(requests),
  events,
];
