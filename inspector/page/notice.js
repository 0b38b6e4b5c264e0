let timer;

/** Says something at the edge of the page for some seconds. */
export function notice(text) {
  const place = document.getElementById('notice');
  place.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => (place.textContent = ''), 8_000);
}
