// Builds elements and brings a live tree into the shape of a new one. Text only ever becomes text nodes.

export type Child = Node | string | null | undefined | false | Child[];

export type Attributes = { [name: string]: string | number | boolean | undefined };

const svgTags = new Set(['svg', 'path', 'circle', 'g', 'line', 'rect']);

function append(parent: Element, child: Child): void {
  if (child === null || child === undefined || child === false) return;
  if (Array.isArray(child)) for (const entry of child) append(parent, entry);
  else parent.append(child);
}

/** An element. A true attribute is set empty, a false or missing one is left out. */
export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = svgTags.has(tag)
    ? document.createElementNS('http://www.w3.org/2000/svg', tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element as HTMLElement;
}

function keyOf(node: Node | undefined): string | null {
  return node instanceof Element ? node.getAttribute('data-key') : null;
}

function isSameKind(live: Node, wanted: Node): boolean {
  return live.nodeName === wanted.nodeName && keyOf(live) === keyOf(wanted);
}

function syncAttributes(live: Element, wanted: Element): void {
  for (const { name } of [...live.attributes]) {
    // Whether a person opened or closed a fold is theirs.
    if (!wanted.hasAttribute(name) && !(name === 'open' && live.tagName === 'DETAILS'))
      live.removeAttribute(name);
  }
  for (const { name, value } of [...wanted.attributes]) {
    if (name === 'open' && live.tagName === 'DETAILS') continue;
    if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  }
}

function syncNode(live: Node, wanted: Node): void {
  if (live instanceof Element && wanted instanceof Element) {
    syncAttributes(live, wanted);
    syncChildren(live, [...wanted.childNodes]);
  } else if (live.nodeValue !== wanted.nodeValue) {
    live.nodeValue = wanted.nodeValue;
  }
}

function takeMatch(candidates: ChildNode[], wanted: ChildNode): ChildNode | undefined {
  const key = keyOf(wanted);
  const index = candidates.findIndex((candidate) => isSameKind(candidate, wanted));
  // Without a key only the very next node may be taken over, so that order is kept.
  if (index < 0 || (key === null && index > 0)) return undefined;
  return candidates.splice(index, 1)[0];
}

/** Makes the children of a live element look like these, keeping nodes, focus, selection and animations. */
function syncChildren(parent: Element, wanted: ChildNode[]): void {
  const left = [...parent.childNodes];
  let previous: ChildNode | null = null;
  for (const node of wanted) {
    const match: ChildNode | undefined = takeMatch(left, node);
    if (match) syncNode(match, node);
    const placed: ChildNode = match ?? node;
    const next: ChildNode | null = previous ? previous.nextSibling : parent.firstChild;
    if (placed !== next) parent.insertBefore(placed, next);
    previous = placed;
    if (!match && left[0]?.nodeName === node.nodeName && keyOf(left[0]) === null && keyOf(node) === null)
      left.shift()?.remove();
  }
  for (const node of left) node.remove();
}

/** Makes a live element's content look like this. */
export function show(parent: Element, ...children: Child[]): void {
  const box = document.createElement('div');
  append(box, children);
  syncChildren(parent, [...box.childNodes]);
}

/** A live element in the shape of another of the same kind. */
export function syncElement(live: Element, wanted: Element): void {
  syncNode(live, wanted);
}

export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}
