const ofActor = '#actor=';
const ofTrace = '#trace=';

/** What follows `prefix` in the page's address, or an empty text. */
function textBehind(prefix, hash) {
  if (!hash.startsWith(prefix)) return '';
  try {
    return decodeURIComponent(hash.slice(prefix.length));
  } catch {
    return ''; // not written by us
  }
}

/** The part of the page's address that leads to an actor; empty for no actor. */
export const hashOf = (path) => (path ? ofActor + path.split('/').map(encodeURIComponent).join('/') : '');

/** The path of the actor to which the page's address leads, or an empty text. */
export const pathOf = (hash) => textBehind(ofActor, hash);

/** The part of the page's address that leads to the list of requests. */
export const hashOfRequests = '#requests';

/** The part of the page's address that leads to the trace of a request; `id` is its own, or that of its span or trace. */
export const hashOfTrace = (id) => ofTrace + encodeURIComponent(id);

/** The id of the request to whose trace the page's address leads, or an empty text. */
export const traceOf = (hash) => textBehind(ofTrace, hash);
