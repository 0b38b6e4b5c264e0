'use strict';
// Turns the text of a cell into a script that behaves as users of notebooks expect:
//
//   - what it declares at the top (const, let, class, too) stays, and may be declared again in a later cell;
//   - `await` and `import` may stand at the top;
//   - its value is that of its last expression.
//
// The text is edited in place, never printed anew, so that each place of the script has one in the user's text.

const acorn = require('acorn');

const options = {
  ecmaVersion: 'latest',
  sourceType: 'module', // for import and export; strictness is decided by the script that results
  allowAwaitOutsideFunction: true,
  allowHashBang: true,
};

/** What a cell calls for `import`; the context has it. */
const importFunction = '__import__';

/** A text with changes to make, each at a place of the original. */
class Edits {
  constructor(text) {
    this.text = text;
    this.changes = [];
  }
  replace(start, end, text) {
    this.changes.push({ start, end, text });
  }
  insert(at, text) {
    this.replace(at, at, text);
  }
  toString() {
    let result = '';
    let at = 0;
    for (const { start, end, text } of this.changes.sort((a, b) => a.start - b.start || a.end - b.end)) {
      result += this.text.slice(at, start) + text;
      at = end;
    }
    return result + this.text.slice(at);
  }
  /** The place in the text that one in the changed text stands for. Lines and columns count from 1. */
  originalOf({ line, column }) {
    if (this.changes.length === 0) return { line, column };
    const at = offsetOf(this.toString(), { line, column });
    let longer = 0; // by how much the changes so far have made the text longer
    for (const { start, end, text } of this.changes) {
      const into = at - longer - start; // the change
      if (into < 0) break;
      if (into < text.length) return placeOf(this.text, Math.min(start + into, end));
      longer += text.length - (end - start);
    }
    return placeOf(this.text, at - longer);
  }
}

function offsetOf(text, { line, column }) {
  return text.split('\n').slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, column - 1);
}

function placeOf(text, offset) {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: lines.at(-1).length + 1 };
}

/** The syntax tree of a cell. Throws SyntaxError. */
function parse(code) {
  try {
    return acorn.parse(code, options);
  } catch (moduleError) {
    // Scripts may do what modules may not: `with`, octal numbers, names like `await`.
    try {
      return acorn.parse(code, { ...options, sourceType: 'script', allowReturnOutsideFunction: false });
    } catch {
      throw moduleError;
    }
  }
}

const isFunction = (node) => /Function/.test(node.type);

/** Calls `visit(node)` for every node below `node`; its subtree is skipped when it returns false. */
function walk(node, visit) {
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (child !== null && typeof child === 'object' && typeof child.type === 'string' && visit(child) !== false)
        walk(child, visit);
}

function awaits(program) {
  let found = false;
  walk(program, (node) => {
    if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)) found = true;
    return !found && !isFunction(node);
  });
  return found;
}

function namesOf(pattern) {
  switch (pattern.type) {
    case 'Identifier': return [pattern.name];
    case 'ObjectPattern': return pattern.properties.flatMap((one) => namesOf(one.value ?? one.argument));
    case 'ArrayPattern': return pattern.elements.flatMap((one) => (one ? namesOf(one) : []));
    case 'AssignmentPattern': return namesOf(pattern.left);
    case 'RestElement': return namesOf(pattern.argument);
    default: return [];
  }
}

/** Makes a declaration an expression, `!(...)`, whose names are declared elsewhere. As long as before, for columns. */
function asExpression(node, edits, names) {
  for (const one of node.declarations) namesOf(one.id).forEach((name) => names.add(name));
  edits.replace(node.start, node.start + node.kind.length, '!('.padStart(node.kind.length));
  edits.insert(node.declarations.at(-1).end, edits.text[node.end - 1] === ';' ? ')' : ');');
}

/** `var` declarations below the top belong to the cell all the same. */
function liftNestedVariables(program, edits, names) {
  const visit = (parent) => (node) => {
    if (node.type === 'VariableDeclaration' && node.kind === 'var' && parent.type !== 'Program') {
      if (/^For/.test(parent.type) && parent.body !== node) {
        node.declarations.flatMap((one) => namesOf(one.id)).forEach((name) => names.add(name));
        edits.replace(node.start, node.start + 'var'.length, '');
      } else {
        asExpression(node, edits, names);
      }
    }
    if (!isFunction(node)) walk(node, visit(node));
    return false;
  };
  walk(program, visit(program));
}

/** `import(...)` of a script in a context of its own needs a flag of Node's; a function of ours does not. */
function replaceImportExpressions(program, edits) {
  walk(program, (node) => {
    if (node.type === 'ImportExpression') edits.replace(node.start, node.start + 'import'.length, importFunction);
    return true;
  });
}

/** The left side of `{...} = await import(...)`. */
function importPattern(node) {
  return node.specifiers
    .map(({ type, imported, local }) =>
      type === 'ImportDefaultSpecifier' ? `default: ${local.name}` : `${imported.name ?? imported.raw}: ${local.name}`)
    .join(', ');
}

function importText(node) {
  const module = `await ${importFunction}(${node.source.raw})`;
  const whole = node.specifiers.find((one) => one.type === 'ImportNamespaceSpecifier');
  const others = { ...node, specifiers: node.specifiers.filter((one) => one !== whole) };
  const parts = [];
  if (whole) parts.push(`${whole.local.name} = ${module}`);
  if (others.specifiers.length > 0) parts.push(`{${importPattern(others)}} = ${module}`);
  if (parts.length === 0) return `${module};`;
  return `(${parts.join('), (')});`;
}

/** What is left of an export: the declaration, or the expression. */
function withoutExport(node, edits) {
  if (node.type === 'ExportNamedDeclaration' && node.declaration) {
    edits.replace(node.start, node.declaration.start, '');
    return node.declaration;
  }
  if (node.type === 'ExportDefaultDeclaration') {
    const isExpression = !/Declaration$/.test(node.declaration.type) || !node.declaration.id;
    edits.replace(node.start, node.declaration.start, isExpression ? '(' : '');
    if (!isExpression) return node.declaration;
    edits.replace(node.declaration.end, node.end, ');');
    return { type: 'EmptyStatement' };
  }
  return node;
}

function syncScript(program, edits) {
  for (const outer of program.body) {
    const node = withoutExport(outer, edits);
    if (node.type === 'VariableDeclaration' && node.kind !== 'var') {
      edits.replace(node.start, node.start + node.kind.length, 'var'.padEnd(node.kind.length));
      for (const one of node.declarations) if (!one.init) edits.insert(one.end, ' = undefined');
    } else if (node.type === 'ClassDeclaration') {
      edits.insert(node.start, `var ${node.id.name} = `);
      edits.insert(node.end, ';');
    }
  }
  return { script: edits.toString(), prefix: 0, edits };
}

/** The cell as the body of an async function, whose declarations are the context's. */
function asyncScript(program, edits) {
  const names = new Set();
  liftNestedVariables(program, edits, names);
  const functions = [];
  for (const outer of program.body) {
    const node = withoutExport(outer, edits);
    if (node.type === 'VariableDeclaration') {
      for (const one of node.declarations) if (!one.init) edits.insert(one.end, ' = undefined');
      asExpression(node, edits, names);
    } else if (node.type === 'ClassDeclaration') {
      names.add(node.id.name);
      edits.insert(node.start, `${node.id.name} = `);
      edits.insert(node.end, ';');
    } else if (node.type === 'FunctionDeclaration') {
      functions.push(node.id.name);
    } else if (node.type === 'ImportDeclaration') {
      node.specifiers.forEach((one) => names.add(one.local.name));
      edits.replace(node.start, node.end, importText(node));
    }
  }
  const last = program.body.at(-1);
  if (last?.type === 'ExpressionStatement') {
    edits.insert(last.start, 'return (');
    const end = edits.text.at(last.end - 1) === ';' ? last.end - 1 : last.end; // brackets may stand between
    edits.replace(end, last.end, ');');
  }
  const declared = names.size > 0 ? `var ${[...names].join(', ')};` : '';
  const kept = functions.map((name) => `globalThis.${name} = ${name};`).join('');
  const prefix = `${declared}(async () => {${kept}`;
  return { script: `${prefix}${edits}\n})()`, prefix: prefix.length, edits };
}

/**
 * The script for a cell, how many characters stand before the user's text in its first line, and the edits, which know
 * the places of that text.
 * Throws the SyntaxError of acorn, with `loc`, when it is not JavaScript.
 */
function scriptOf(code) {
  const program = parse(code);
  const edits = new Edits(code);
  replaceImportExpressions(program, edits);
  const imports = program.body.some((node) => node.type === 'ImportDeclaration');
  return imports || awaits(program) ? asyncScript(program, edits) : syncScript(program, edits);
}

module.exports = { importFunction, parse, scriptOf };
