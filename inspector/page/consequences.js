const others = {
  one_for_one: 'Its siblings stay as they are.',
  dynamic: 'Its siblings stay as they are.',
  one_for_all: 'All its siblings end and are started again with it.',
  rest_for_one: 'The siblings that were started after it end and are started again with it.',
};

const below = (count) =>
  count === 0
    ? ''
    : ` ${count === 1 ? 'The actor' : `All ${count} actors`} below it ${count === 1 ? 'ends' : 'end'} with it.`;

function budget(supervisor) {
  const { left, intensity, periodSeconds } = supervisor;
  const times = `of the ${intensity} restarts within ${periodSeconds} s that its supervisor allows`;
  return left > 0
    ? ` This uses up one ${times}; ${left} ${left === 1 ? 'is' : 'are'} left.`
    : ` None ${times} is left: the supervisor will give up, and its own supervisor will act.`;
}

/** What a restart of an actor brings about. `supervisor` are the figures of its parent, `actorsBelow` their number. */
export function ofRestart(supervisor, actorsBelow) {
  if (!supervisor) return 'It has no supervisor: the daemon will refuse.';
  return `Its supervisor starts it again at once. ${others[supervisor.strategy]}${below(actorsBelow)}${budget(supervisor)}`;
}

/** What it brings about to stop an actor. */
export function ofStop(supervisor, actorsBelow) {
  if (!supervisor) return 'It has no supervisor: the daemon will refuse.';
  const lack = supervisor.strategy === 'dynamic' ? '' : ' What it serves fails until the daemon is started anew.';
  return `Its supervisor stops it and does not start it again.${lack}${below(actorsBelow)}`;
}

/** What each signal does, by its name, the gentle ones first. */
export const signals = {
  SIGINT: 'interrupts, as Ctrl-C does',
  SIGTERM: 'asks to end',
  SIGHUP: 'tells that the terminal is gone',
  SIGQUIT: 'asks to end with a core dump',
  SIGUSR1: 'means what the program makes of it',
  SIGUSR2: 'means what the program makes of it',
  SIGSTOP: 'halts until SIGCONT',
  SIGCONT: 'goes on after SIGSTOP',
  SIGKILL: 'ends at once, without a chance to clean up',
};

/** What it brings about to open or close the circuit breaker of a language by hand. */
export const ofBreaker = (language, action) =>
  action === 'trip'
    ? `The circuit opens: no further executors of ${language} are started, and code that would need one is refused until it is tried again.`
    : `The circuit closes: executors of ${language} are started again at once, even if what made them fail is still there.`;

/** What it brings about to cut a request that is under way. */
export const ofCut =
  'Its connection is closed: the client gets no whole answer. What was begun for it goes on as if the client had left.';

/** What it brings about to drain the daemon. */
export const ofDrain =
  'It takes no further requests, waits for those under way for so many seconds at most, and ends. ' +
  'All sessions, processes and code contexts end with it, and settings that were changed here are lost.';
