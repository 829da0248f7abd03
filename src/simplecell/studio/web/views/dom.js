// Elements made in one line. Text goes in as text and never as HTML.

/** Make an element: `props` are properties, or attributes where there is no property. */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(made, name, value);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

function set(made, name, value) {
  if (value === null || value === undefined) return;
  if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
  else if (name === 'class') made.className = value;
  else if (name in made && !name.startsWith('aria') && name !== 'role') made[name] = value;
  else made.setAttribute(name, value);
}

/** Make an element of SVG. */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Put other children in place of those that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

/** Write a text; one that stands there already costs no layout. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Make a row of buttons of which one is pressed; `pick` hears which. */
export function choice(label, options, pick) {
  const buttons = options.map(([value, text]) => el('button', {
    type: 'button', onclick: () => pick(value), 'data-value': value,
  }, text));
  const row = el('div', { class: 'choice', role: 'group', 'aria-label': label }, buttons);
  row.show = (value) => {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.value === value));
  };
  return row;
}
