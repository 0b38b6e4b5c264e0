/**
 * Shows a list that is told anew each second, with one element for each item that stays as long as the item does: what
 * is below the pointer or has the focus must not vanish.
 */
export class KeyedList {
  #place;
  #keyOf;
  #make;
  #known = new Map();

  /** `keyOf(item)` is a text; `make(item)` gives `{element, show}`, whose `show(item)` is called each time. */
  constructor(place, keyOf, make) {
    this.#place = place;
    this.#keyOf = keyOf;
    this.#make = make;
  }

  show(items) {
    const keys = items.map(this.#keyOf);
    for (const [key, { element }] of this.#known) {
      if (keys.includes(key)) continue;
      element.remove();
      this.#known.delete(key);
    }
    items.forEach((item, index) => {
      const key = keys[index];
      if (!this.#known.has(key)) this.#known.set(key, this.#make(item));
      const { element, show } = this.#known.get(key);
      show(item);
      const there = this.#place.children[index];
      if (there !== element) this.#place.insertBefore(element, there ?? null);
    });
  }
}
