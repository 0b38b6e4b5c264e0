/** Whether there is room for one view only; the style sheet has the same bound. */
export const isNarrow = () => matchMedia('(width < 60rem)').matches;

/** Views that are reached from another one, whose button stands for them. */
const buttonsOf = { trace: 'requests' };

/**
 * Switches between the views below the tree; on a narrow screen the tree and the selected actor are views, too.
 * Returns a function that shows a view by its name; `onShow(view, isChosen)` hears of each; `isChosen` if
 * by its button.
 */
export function setUpViews(onShow) {
  const buttons = [...document.querySelectorAll('#views button')];
  const show = (view, isChosen = false) => {
    document.body.dataset.view = view;
    for (const button of buttons) {
      if (button.dataset.view === (buttonsOf[view] ?? view)) button.setAttribute('aria-current', 'page');
      else button.removeAttribute('aria-current');
    }
    onShow(view, isChosen);
  };
  for (const button of buttons) button.addEventListener('click', () => show(button.dataset.view, true));
  show(isNarrow() ? 'actors' : 'journal');
  return show;
}
