import { visibleRange } from './visible_range.js';

/** Shows a list of any length by elements for those rows only that are in sight. Each row is equally high. */
export class VirtualList {
  #scroller;
  #list;
  #source;
  #rowHeight;
  #elements = [];
  #isDue = false;

  /**
   * `list` is the element that is as high as all rows, within `scroller`. `source.count()` tells how many rows there
   * are, `source.make()` makes an element for one, `source.fill(element, index)` shows a row in it. `source.scroll()`, if it is there, may scroll before rows are shown.
   */
  constructor(scroller, list, source) {
    this.#scroller = scroller;
    this.#list = list;
    this.#source = source;
    scroller.addEventListener('scroll', () => this.changed(), { passive: true });
    this.#measure();
    new ResizeObserver(() => this.#measure()).observe(scroller);
  }

  get rowHeight() {
    return this.#rowHeight;
  }

  /** How many whole rows fit in sight. */
  get page() {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowHeight) - 1);
  }

  /** Has the rows shown anew with the next frame. */
  changed() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => this.#render());
  }

  /** Scrolls as little as is needed to have a row in sight. */
  bringIntoSight(index) {
    this.#fitHeight();
    const top = this.#list.offsetTop;
    const start = index * this.#rowHeight;
    const end = start + this.#rowHeight + top - this.#scroller.clientHeight;
    if (this.#scroller.scrollTop > start) this.#scroller.scrollTop = start;
    else if (this.#scroller.scrollTop < end) this.#scroller.scrollTop = end;
    this.changed();
  }

  /** The style sheet decides how high rows are, and may think otherwise on a narrow screen. */
  #measure() {
    this.#rowHeight = parseFloat(getComputedStyle(this.#list).getPropertyValue('--row-height'));
    for (const row of this.#elements) row.index = undefined;
    this.changed();
  }

  #fitHeight() {
    const height = `${this.#source.count() * this.#rowHeight}px`;
    if (this.#list.style.height !== height) this.#list.style.height = height;
  }

  #render() {
    this.#isDue = false;
    if (this.#scroller.clientHeight === 0) return; // in a view that is not shown
    this.#fitHeight();
    this.#source.scroll?.();
    const { scrollTop, clientHeight } = this.#scroller;
    const { first, end } = visibleRange(scrollTop, clientHeight, this.#rowHeight, this.#source.count());
    while (this.#elements.length < end - first) {
      const made = this.#source.make();
      this.#elements.push(made);
      this.#list.append(made);
    }
    this.#elements.forEach((row, place) => {
      const index = first + place;
      const isUsed = index < end;
      if (row.hidden === isUsed) row.hidden = !isUsed;
      if (!isUsed) return;
      if (row.index !== index) {
        row.index = index;
        row.style.transform = `translateY(${index * this.#rowHeight}px)`;
      }
      this.#source.fill(row, index);
    });
  }
}
