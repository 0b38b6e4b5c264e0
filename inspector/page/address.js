const prefix = '#actor=';

/** The part of the page's address that leads to an actor; empty for no actor. */
export const hashOf = (path) => (path ? prefix + path.split('/').map(encodeURIComponent).join('/') : '');

/** The path of the actor to which the page's address leads, or an empty text. */
export function pathOf(hash) {
  if (!hash.startsWith(prefix)) return '';
  try {
    return decodeURIComponent(hash.slice(prefix.length));
  } catch {
    return ''; // not written by us
  }
}
