import { troubleMayChange, troubleOf } from './trouble.js';
import { TreeNode } from './tree_node.js';

const holds = (text, lowerCase) => text !== undefined && String(text).toLowerCase().includes(lowerCase);

function isFound(actor, lowerCase) {
  return (
    holds(actor.path, lowerCase) ||
    holds(actor.status, lowerCase) ||
    holds(actor.lastError, lowerCase) ||
    Object.values(actor.details ?? {}).some((value) => holds(value, lowerCase))
  );
}

/** The supervision tree as rows: what is open, what a search finds, what is in trouble. */
export class ActorTree {
  #nodes = new Map();
  #changesByTime = new Set();
  #choices = new Map();
  #choicesInSearch = new Map();
  #text = '';
  #onlyTrouble = false;
  #rows;

  get isSearching() {
    return this.#text !== '' || this.#onlyTrouble;
  }

  /** All places, in no particular order. */
  get nodes() {
    return this.#nodes.values();
  }

  node(path) {
    return this.#nodes.get(path);
  }

  /** Puts an actor at its place, or its new state; `time` in milliseconds is when it was looked at. */
  apply(actor, time) {
    const node = this.#nodes.get(actor.path) ?? this.#add(actor.path);
    if (node.isDynamic !== (actor.supervisor?.strategy === 'dynamic')) this.#rows = undefined;
    node.actor = actor;
    node.seen = time;
    this.#judge(node, time);
  }

  /** Takes an actor away. What lives below stays until it is taken away, too. */
  remove(path) {
    const node = this.#nodes.get(path);
    if (!node) return;
    node.actor = undefined;
    node.setTrouble(undefined);
    node.setMatches(false);
    this.#changesByTime.delete(node);
    for (let empty = node; empty && !empty.actor && empty.childCount === 0; empty = empty.parent) {
      this.#nodes.delete(empty.path);
      this.#choices.delete(empty.path);
      empty.parent?.remove(empty);
    }
    this.#rows = undefined;
  }

  /** Judges anew what changes by the passing of time; `time` in milliseconds. */
  endLook(time) {
    for (const node of this.#changesByTime) this.#judge(node, time);
  }

  /** Shows only what holds `text`, whatever its case, and with `onlyTrouble` only what is in trouble. */
  search(text, onlyTrouble = false) {
    this.#text = text.trim().toLowerCase();
    this.#onlyTrouble = onlyTrouble;
    this.#choicesInSearch.clear();
    for (const node of this.#nodes.values()) this.#match(node);
    this.#rows = undefined;
  }

  isOpen(node) {
    if (this.isSearching) return this.#choicesInSearch.get(node.path) ?? true;
    return this.#choices.get(node.path) ?? !(node.isDynamic || node.isDynamicChild);
  }

  /** Opens or closes a row. */
  open(node, isOpen) {
    (this.isSearching ? this.#choicesInSearch : this.#choices).set(node.path, isOpen);
    this.#rows = undefined;
  }

  /** Opens everything above a path, so that it has a row unless a search hides it. */
  reveal(path) {
    for (let node = this.#nodes.get(path)?.parent; node; node = node.parent) {
      if (!this.isOpen(node)) this.open(node, true);
    }
  }

  /** The nodes that have a row, from the top. */
  get rows() {
    if (!this.#rows) {
      this.#rows = [];
      for (const node of this.#nodes.values()) {
        if (!node.parent && this.#isShown(node, false)) this.#collect(node, false);
      }
    }
    return this.#rows;
  }

  #add(path) {
    const known = this.#nodes.get(path);
    if (known) return known;
    const parentPath = path.slice(0, path.lastIndexOf('/'));
    const node = new TreeNode(path, parentPath === '' ? undefined : this.#add(parentPath));
    this.#nodes.set(path, node);
    this.#rows = undefined;
    return node;
  }

  #judge(node, time) {
    node.setTrouble(troubleOf(node.actor, time, node.seen));
    if (troubleMayChange(node.actor, time)) this.#changesByTime.add(node);
    else this.#changesByTime.delete(node);
    this.#match(node);
  }

  #match(node) {
    const matches =
      this.isSearching &&
      node.actor !== undefined &&
      (!this.#onlyTrouble || node.trouble !== undefined) &&
      isFound(node.actor, this.#text);
    if (matches === node.matches) return;
    node.setMatches(matches);
    this.#rows = undefined;
  }

  /** `isWhole`: below a dynamic child in which something is found, which makes sense only as a whole. */
  #isShown(node, isWhole) {
    return !this.isSearching || isWhole || node.matches || node.matchesBelow > 0;
  }

  #collect(node, isWhole) {
    this.#rows.push(node);
    node.shownChildren = 0;
    if (!this.isOpen(node)) return;
    for (const child of node.children) {
      if (!this.#isShown(child, isWhole)) continue;
      child.position = ++node.shownChildren;
      this.#collect(child, isWhole || node.isDynamic);
    }
  }
}
