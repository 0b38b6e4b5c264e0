/**
 * Which rows of a long list are worth an element: those in sight and a few (`margin`) around.
 * `scrolled`, `height` and `rowHeight` in the same unit; the answer is `{first, end}`, `end` being the one behind the last.
 */
export function visibleRange(scrolled, height, rowHeight, count, margin = 4) {
  const first = Math.max(0, Math.min(count, Math.floor(scrolled / rowHeight)) - margin);
  const end = Math.min(count, Math.ceil((scrolled + height) / rowHeight) + margin);
  return { first, end: Math.max(first, end) };
}
