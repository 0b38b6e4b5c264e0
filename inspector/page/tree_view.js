import { setAttribute } from './element.js';
import { whole } from './format.js';
import { fillRow, makeRow } from './tree_row.js';
import { VirtualList } from './virtual_list.js';

const find = (id) => document.getElementById(id);

/** The supervision tree on the page: rows, keys, search. */
export class TreeView {
  #tree;
  #rates;
  #onSelect;
  #list;
  #box = find('tree');
  #selected = '';
  #awaited = '';

  /** `onSelect(path, isWanted)` hears of each selection; `isWanted` if by click or Enter rather than in passing. */
  constructor(tree, rates, onSelect) {
    this.#tree = tree;
    this.#rates = rates;
    this.#onSelect = onSelect;
    this.#list = new VirtualList(find('tree-scroller'), this.#box, {
      count: () => tree.rows.length,
      make: makeRow,
      fill: (row, index) => this.#fill(row, index),
    });
    this.#box.addEventListener('click', (event) => this.#click(event));
    this.#box.addEventListener('keydown', (event) => this.#key(event));
    this.#setUpSearch();
  }

  /** Selects an actor and shows its row as soon as it has one. */
  select(path) {
    this.#selected = path;
    this.#awaited = path;
    this.changed();
  }

  /** Shows what the tree has become. */
  changed() {
    if (this.#awaited && this.#tree.node(this.#awaited)) {
      this.#tree.reveal(this.#awaited);
      const index = this.#selectedIndex;
      if (index >= 0) this.#list.bringIntoSight(index);
      this.#awaited = '';
    }
    this.#list.changed();
  }

  get #selectedIndex() {
    return this.#tree.rows.findIndex((node) => node.path === this.#selected);
  }

  #fill(row, index) {
    const node = this.#tree.rows[index];
    const isSelected = node.path === this.#selected;
    row.id = `tree-row-${index}`;
    fillRow(row, node, { isOpen: this.#tree.isOpen(node), isSelected, rates: this.#rates });
    if (isSelected) setAttribute(this.#box, 'aria-activedescendant', row.id);
    else if (this.#box.getAttribute('aria-activedescendant') === row.id)
      setAttribute(this.#box, 'aria-activedescendant');
  }

  #choose(index, isWanted) {
    const node = this.#tree.rows[index];
    if (!node) return;
    this.#selected = node.path;
    this.#list.bringIntoSight(index);
    this.#onSelect(node.path, isWanted);
  }

  #open(node, isOpen) {
    this.#tree.open(node, isOpen);
    this.#list.changed();
  }

  #click(event) {
    const row = event.target.closest('.tree-row');
    const node = row && this.#tree.rows[row.index];
    if (!node) return;
    if (event.target === row.parts.arrow) this.#open(node, !this.#tree.isOpen(node));
    else this.#choose(row.index, true);
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { rows } = this.#tree;
    const index = this.#selectedIndex;
    const node = rows[index];
    const steps = {
      ArrowUp: () => this.#choose(Math.max(0, index - 1), false),
      ArrowDown: () => this.#choose(Math.min(rows.length - 1, index + 1), false),
      PageUp: () => this.#choose(Math.max(0, index - this.#list.page), false),
      PageDown: () => this.#choose(Math.min(rows.length - 1, index + this.#list.page), false),
      Home: () => this.#choose(0, false),
      End: () => this.#choose(rows.length - 1, false),
      ArrowLeft: () => this.#close(node),
      ArrowRight: () => this.#enter(node, index),
      Enter: () => this.#choose(index, true),
      ' ': () => node && this.#open(node, !this.#tree.isOpen(node)),
    };
    if (!steps[event.key]) return;
    event.preventDefault();
    steps[event.key]();
  }

  #close(node) {
    if (!node) return;
    if (node.childCount > 0 && this.#tree.isOpen(node)) this.#open(node, false);
    else if (node.parent) this.#choose(this.#tree.rows.indexOf(node.parent), false);
  }

  #enter(node, index) {
    if (!node || node.childCount === 0) return;
    if (this.#tree.isOpen(node)) this.#choose(index + 1, false);
    else this.#open(node, true);
  }

  #setUpSearch() {
    const text = find('search-text');
    const trouble = find('search-trouble');
    const search = () => {
      this.#tree.search(text.value, trouble.checked);
      const count = this.#tree.rows.length;
      find('search-count').textContent = this.#tree.isSearching
        ? `${whole(count)} ${count === 1 ? 'row' : 'rows'}`
        : '';
      this.select(this.#selected);
    };
    text.addEventListener('input', search);
    trouble.addEventListener('change', search);
    find('search').addEventListener('submit', (event) => event.preventDefault());
    text.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        text.value = '';
        search();
      }
      if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'ArrowDown') {
        event.preventDefault();
        this.#box.focus();
        const isFound = this.#tree.rows[this.#selectedIndex]?.matches;
        if (this.#tree.isSearching && !isFound)
          this.#choose(
            this.#tree.rows.findIndex((node) => node.matches),
            false,
          );
      }
    });
    document.addEventListener('keydown', (event) => {
      if (event.key !== '/' || event.target.closest('input, select, dialog')) return;
      event.preventDefault();
      text.focus();
      text.select();
    });
  }
}
