/** Whether there is room for one view only; the style sheet has the same bound. */
export const isNarrow = () => matchMedia('(width < 60rem)').matches;

/**
 * Switches between the views below the tree; on a narrow screen the tree and the selected actor are views, too.
 * Returns a function that shows a view by its name; `onShow` hears of each.
 */
export function setUpViews(onShow) {
  const buttons = [...document.querySelectorAll('#views button')];
  const show = (view) => {
    document.body.dataset.view = view;
    for (const button of buttons) {
      if (button.dataset.view === view) button.setAttribute('aria-current', 'page');
      else button.removeAttribute('aria-current');
    }
    onShow(view);
  };
  for (const button of buttons) button.addEventListener('click', () => show(button.dataset.view));
  show(isNarrow() ? 'actors' : 'journal');
  return show;
}
