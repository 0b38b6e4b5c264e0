/**
 * Makes an element with children, texts among them. Properties are set as such; those with a hyphen and `role` become
 * attributes. Nothing here reads HTML: texts of workloads stay texts.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name.includes('-') || name === 'role') made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** Sets the text of an element unless it is there already: what does not change costs no layout. */
export function setText(target, text) {
  if (target.shownText === text) return;
  target.shownText = text;
  target.textContent = text;
}

/** Sets or (with undefined) removes an attribute. */
export function setAttribute(target, name, value) {
  if (value === undefined) target.removeAttribute(name);
  else if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/** A list of names and values; those whose value is undefined are left out. */
export const facts = (entries) =>
  element(
    'dl',
    {},
    ...entries
      .filter(([, value]) => value !== undefined && value !== '')
      .flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );

/** A bar that shows how much of a limit is used; `words` say it, too. */
export function bar(used, limit, words) {
  const share = limit > 0 ? Math.min(1, used / limit) : 0;
  const fill = element('div', { className: share >= 0.9 ? 'fill full' : share >= 0.7 ? 'fill high' : 'fill' });
  fill.style.width = `${share * 100}%`;
  return element(
    'div',
    {
      className: 'bar',
      role: 'meter',
      'aria-valuemin': 0,
      'aria-valuemax': limit,
      'aria-valuenow': used,
      'aria-valuetext': words,
    },
    fill,
    element('span', {}, words),
  );
}
