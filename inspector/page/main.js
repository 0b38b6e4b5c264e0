import { Actions } from './actions.js';
import { ActorFeed } from './actor_feed.js';
import { hashOf, hashOfRequests, hashOfTrace, pathOf, traceOf } from './address.js';
import { Api } from './api.js';
import { DetailView } from './detail_view.js';
import { setText } from './element.js';
import { everySecond } from './every_second.js';
import { Figures } from './figures.js';
import { follow } from './follow.js';
import { milliseconds, whole } from './format.js';
import { HealthView } from './health_view.js';
import { processorUse } from './history.js';
import { JournalFeed } from './journal_feed.js';
import { JournalModel } from './journal_model.js';
import { JournalView } from './journal_view.js';
import { Presence } from './presence.js';
import { Rates } from './rates.js';
import { RequestsView } from './requests_view.js';
import { SettingsView } from './settings_view.js';
import { setUpTheme } from './theme.js';
import { tokens } from './token_form.js';
import { TraceView } from './trace_view.js';
import { ActorTree } from './tree.js';
import { TreeView } from './tree_view.js';
import { isNarrow, setUpViews } from './views.js';

const find = (id) => document.getElementById(id);

const api = new Api(tokens);
const tree = new ActorTree();
const rates = new Rates();
const feed = new ActorFeed(tree, rates);
const journal = new JournalModel();
const actions = new Actions(api, tree);
const figures = new Figures();
const presence = new Presence(document);

let selected = '';
const treeView = new TreeView(tree, rates, (path, isWanted) => select(path, { isWanted, isFromTree: true }));
const detailView = new DetailView(actions);
const open = (path) => select(path, { isWanted: true });
const journalView = new JournalView(journal, open);
const journalFeed = new JournalFeed(api, journal, (count) => journalView.added(count));
const healthView = new HealthView(actions);
const settingsView = new SettingsView(api, actions);
const requestsView = new RequestsView(api, () => requestsLoop.hurry());
const traceView = new TraceView(api, actions, (id, spanId) => {
  if (traceOf(location.hash) === id) setAddress(hashOfTrace(spanId));
});

setUpTheme(() => figures.recolour());
const showView = setUpViews((view, isChosen) => {
  treeView.changed();
  journalView.changed();
  if (view === 'settings') settingsView.load();
  if (!isChosen) return;
  setAddress(view === 'requests' ? hashOfRequests : hashOf(selected));
  if (view === 'requests') requestsLoop.hurry();
});

const setAddress = (hash) => history.replaceState(null, '', hash || location.pathname);
const isLookedAt = (view) => document.visibilityState === 'visible' && document.body.dataset.view === view;

const requestsLoop = everySecond(async () => {
  if (isLookedAt('requests')) await requestsView.load();
});
const traceLoop = everySecond(async () => {
  if (isLookedAt('trace')) await traceView.load();
});

/** The one actor in full that is shown, each second. */
const detail = everySecond(async () => {
  const path = selected;
  if (!path || presence.isAway) return;
  try {
    const [actor, requests] = await Promise.all([
      api.get('actor', { path }),
      api.get('requests', { actor: path, limit: 20 }),
    ]);
    if (path === selected) detailView.show({ ...actor, requests });
  } catch (error) {
    if (path === selected) detailView.fail(error.status === 404 ? 'Nobody lives here now.' : error.message);
  }
});

function select(path, { isWanted = false, isFromTree = false } = {}) {
  selected = path;
  if (!isFromTree) treeView.select(path);
  journalView.select(path);
  if (path) detailView.select(path);
  else detailView.clear();
  setAddress(hashOf(path));
  if (isWanted && isNarrow()) showView('actor');
  detail.hurry();
}

function tellConnection(text, isLost) {
  setText(find('connection'), text);
  find('connection').dataset.level = isLost ? 'critical' : 'calm';
  document.body.classList.toggle('stale', isLost);
}

function tellTrouble(count) {
  setText(find('trouble-count'), count > 0 ? `(${whole(count)})` : '');
  const title = `${count > 0 ? `(${whole(count)}) ` : ''}sandboxd inspector`;
  if (document.title !== title) document.title = title;
}

follow({
  presence,
  silence: 5_000, // the stream tells of each look, even if nothing has changed
  async *open(signal, onBytes) {
    feed.begin();
    yield* api.events('actors/stream', { interval: 1_000 }, signal, onBytes);
  },
  take(event) {
    const summary = feed.take(event);
    treeView.changed();
    if (!summary) return;
    tellConnection('live', false);
    tellTrouble(summary.troubled);
    figures.record('messages', summary.time, summary.messagesPerSecond);
    figures.record('actors', summary.time, summary.alive);
    figures.record('deepest', summary.time, summary.deepest);
  },
  tell(problem, wait) {
    if (wait !== undefined)
      return tellConnection(`connection lost: ${problem}; next attempt in ${milliseconds(wait)}`, true);
    tellConnection(problem, false);
    tellTrouble(0); // the title is in sight all the time, and must not tell what was long ago
  },
});

follow({
  presence,
  silence: 60_000, // comments come in between
  open: (signal, onBytes) => journalFeed.open(signal, onBytes),
  take: (message) => journalFeed.take(message),
  tell: (problem) => journalView.fail(problem),
});

function tellDaemon({ version, uptimeMilliseconds, pid, connections, threads, descriptors }) {
  const words = [
    version,
    `up ${milliseconds(Math.floor(uptimeMilliseconds / 1e3) * 1e3)}`,
    `pid ${pid}`,
    `${whole(connections)} connections`,
    `${whole(threads)} threads`,
    `${whole(descriptors)} descriptors`,
  ];
  setText(find('daemon'), words.join(' · '));
}

let before;
everySecond(async () => {
  if (presence.isAway) return;
  try {
    const overview = await api.get('overview');
    tellDaemon(overview);
    healthView.show(overview);
    figures.record('memory', Date.now(), overview.rssBytes);
    if (before) figures.record('processor', Date.now(), processorUse(before, overview));
    before = overview;
  } catch {
    before = undefined; // as long as the connection is lost, or a daemon that tells no overview
  }
});

function showRequests() {
  showView('requests');
  requestsView.focus();
  requestsLoop.hurry();
}

function showTrace(id) {
  traceView.select(id);
  showView('trace');
  traceView.focus();
  traceLoop.hurry();
}

function followAddress() {
  const { hash } = location;
  const id = traceOf(hash);
  if (id) showTrace(id);
  else if (hash === hashOfRequests) showRequests();
  else select(pathOf(hash), { isWanted: true });
}

document.addEventListener('visibilitychange', () => {
  requestsLoop.hurry();
  traceLoop.hurry();
});
addEventListener('hashchange', followAddress);
if (location.hash) followAddress();
