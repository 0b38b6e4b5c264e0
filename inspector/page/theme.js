const key = 'sandboxd-inspector-theme';

/** Lets the user choose light or dark; `onChange` is called whenever colours are others. */
export function setUpTheme(onChange) {
  const select = document.getElementById('theme');
  const apply = () => {
    document.documentElement.dataset.theme = select.value;
    onChange();
  };
  select.value = localStorage.getItem(key) ?? 'system';
  select.addEventListener('change', () => {
    localStorage.setItem(key, select.value);
    apply();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  apply();
}
