/** As much of an element as the page's views need. Its text is that of all below. */
class MadeUpElement extends EventTarget {
  #nodes = [];
  #attributes = new Map();
  #classes = new Set();
  style = { setProperty: () => {} };
  classList = {
    add: (name) => this.#classes.add(name),
    remove: (name) => this.#classes.delete(name),
    toggle: (name, isSet) => (isSet ? this.#classes.add(name) : this.#classes.delete(name)),
  };

  constructor(tag) {
    super();
    this.tag = tag;
  }

  get children() {
    return this.#nodes.filter((node) => node instanceof MadeUpElement);
  }

  get firstChild() {
    return this.#nodes[0];
  }

  get textContent() {
    return this.#nodes.map((node) => node.textContent ?? node).join('');
  }

  set textContent(text) {
    this.replaceChildren(text);
  }

  /** All elements below with this tag, in their order. */
  all(tag) {
    return this.children.flatMap((child) => [...(child.tag === tag ? [child] : []), ...child.all(tag)]);
  }

  append(...nodes) {
    for (const node of nodes) this.insertBefore(node, null);
  }

  insertBefore(node, next) {
    if (node instanceof MadeUpElement) {
      node.remove();
      node.parent = this;
    }
    this.#nodes.splice(next ? this.#nodes.indexOf(next) : this.#nodes.length, 0, node);
  }

  replaceChildren(...nodes) {
    this.#nodes = [];
    this.append(...nodes);
  }

  remove() {
    if (this.parent) this.parent.#nodes = this.parent.#nodes.filter((node) => node !== this);
    this.parent = undefined;
  }

  isEqualNode(other) {
    return this === other;
  }

  getAttribute(name) {
    return this.#attributes.get(name) ?? null;
  }

  setAttribute(name, value) {
    this.#attributes.set(name, String(value));
  }

  removeAttribute(name) {
    this.#attributes.delete(name);
  }

  focus() {
    document.activeElement = this;
  }

  click() {
    this.onclick?.();
    this.dispatchEvent(new Event('click', { cancelable: true }));
  }

  showModal() {}

  close() {
    this.onclose();
  }
}

/** Has the page's views find a document, in which there is an element for each id that is asked for. */
export function makeUpDocument() {
  const found = new Map();
  const find = (key) => found.get(key) ?? found.set(key, new MadeUpElement(key)).get(key);
  globalThis.document = {
    body: new MadeUpElement('body'),
    createElement: (tag) => new MadeUpElement(tag),
    getElementById: find,
    querySelector: find,
  };
  return globalThis.document;
}
