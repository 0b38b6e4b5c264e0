import { sections } from './detail_sections.js';
import { element } from './element.js';

/** One actor in full. A section is made anew only when what it shows has changed, so that text can be selected. */
export class DetailView {
  #pane = document.getElementById('actor');
  #actions;
  #path;
  #pid;
  #shown = [];
  #places = sections.map(() => element('div', { className: 'place-of-section' }));
  #problem = element('p', { className: 'problem', role: 'status' });
  #signal;

  constructor(actions) {
    this.#actions = actions;
    this.clear();
  }

  clear() {
    this.#path = undefined;
    this.#pane.replaceChildren(element('p', { className: 'empty' }, 'Select an actor to see it in full.'));
  }

  /** Begins to show the actor at a path, of which nothing is known yet. */
  select(path) {
    if (path === this.#path) return;
    this.#path = path;
    this.#shown = [];
    this.#problem.textContent = '';
    for (const place of this.#places) place.replaceChildren();
    const button = (text, onclick) => element('button', { type: 'button', onclick }, text);
    this.#signal = button('Signal…', () => this.#actions.signal(path, this.#pid));
    this.#signal.hidden = true;
    this.#pane.replaceChildren(
      element(
        'h2',
        {},
        ...path
          .split('/')
          .slice(1)
          .flatMap((name) => ['/', element('wbr'), name]),
      ),
      element(
        'div',
        { className: 'buttons' },
        button('Restart…', () => this.#actions.restart(path)),
        button('Stop…', () => this.#actions.stop(path)),
        this.#signal,
      ),
      this.#problem,
      ...this.#places,
    );
    this.#pane.scrollTop = 0;
  }

  /** Shows the actor as it is now. */
  show(actor) {
    this.#problem.textContent = '';
    this.#pid = actor.pid;
    this.#signal.hidden = actor.pid === undefined;
    sections.forEach((make, index) => {
      const made = make(actor);
      if (this.#shown[index] && made && this.#shown[index].isEqualNode(made)) return;
      this.#shown[index] = made;
      this.#places[index].replaceChildren(...(made ? [made] : []));
    });
  }

  /** Says why there is nothing newer to show; what was known stays. */
  fail(problem) {
    this.#problem.textContent = problem;
  }
}
