const isNumber = /^\d+$/;

function byName(one, other) {
  if (isNumber.test(one.name) && isNumber.test(other.name)) return Number(one.name) - Number(other.name);
  return one.name < other.name ? -1 : 1;
}

/** A place in the supervision tree, with the actor that lives there. */
export class TreeNode {
  /** As the inspector tells it; undefined where only something below is known yet. */
  actor = undefined;
  /** When the stream told of the actor last, in milliseconds. */
  seen = 0;
  /** As `troubleOf` says. */
  trouble = undefined;
  /** How many below are in trouble. */
  troublesBelow = 0;
  /** Whether the search finds the actor itself, and how many below it finds. */
  matches = false;
  matchesBelow = 0;
  /** Among the rows of its parent's children, from 1, and how many rows its own children have. */
  position = 1;
  shownChildren = 0;

  #children = new Map();
  #sorted;

  constructor(path, parent) {
    this.path = path;
    this.parent = parent;
    this.name = path.slice(path.lastIndexOf('/') + 1);
    this.level = parent ? parent.level + 1 : 1;
    parent?.add(this);
  }

  add(child) {
    this.#children.set(child.name, child);
    this.#sorted = undefined;
  }

  remove(child) {
    this.#children.delete(child.name);
    this.#sorted = undefined;
  }

  /** In the order of their names; numbers by their value. */
  get children() {
    this.#sorted ??= [...this.#children.values()].sort(byName);
    return this.#sorted;
  }

  get childCount() {
    return this.#children.size;
  }

  /** How many actors live below. */
  get actorsBelow() {
    return this.children.reduce((sum, child) => sum + (child.actor ? 1 : 0) + child.actorsBelow, 0);
  }

  get isDynamic() {
    return this.actor?.supervisor?.strategy === 'dynamic';
  }

  /** Whether it was started by request, as a session or a process is. */
  get isDynamicChild() {
    return this.parent?.isDynamic ?? false;
  }

  /**
   * Who can say what a dynamic child is about: the first that has details, itself or among its children.
   * A session's supervisor has none, but its session knows the id and the command.
   */
  get speaker() {
    if (this.actor?.details || !this.isDynamicChild) return this;
    return this.children.find((child) => child.actor?.details) ?? this;
  }

  setTrouble(trouble) {
    const change = (trouble ? 1 : 0) - (this.trouble ? 1 : 0);
    this.trouble = trouble;
    if (change !== 0) for (let node = this.parent; node; node = node.parent) node.troublesBelow += change;
  }

  setMatches(matches) {
    const change = Number(matches) - Number(this.matches);
    this.matches = matches;
    if (change !== 0) for (let node = this.parent; node; node = node.parent) node.matchesBelow += change;
  }
}
