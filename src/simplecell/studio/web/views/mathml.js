// Formulas in native MathML, built from small pieces: each number is an element of its own, which
// can be hovered, focused and written again.

const SPACE = 'http://www.w3.org/1998/Math/MathML';

/** Make an element of MathML. */
export function m(tag, ...children) {
  const made = document.createElementNS(SPACE, tag);
  made.append(...children.flat());
  return made;
}

/** A letter, or a word set upright. */
export function mi(text) {
  const made = m('mi', text);
  if (text.length > 1) made.setAttribute('mathvariant', 'normal');
  return made;
}

export const mo = (text) => m('mo', text);
export const mn = (text) => m('mn', text);
export const row = (...children) => m('mrow', ...children);
export const sub = (base, below) => m('msub', base, below);
export const sup = (base, above) => m('msup', base, above);
export const over = (above, below) => m('mfrac', above, below);
export const sum = (below) => m('munder', mo('∑'), below);

/** A number in brackets where its sign would stand beside another sign. */
export function term(text) {
  return text.startsWith('−') ? row(mo('('), mn(text), mo(')')) : mn(text);
}

/** A formula of its own. */
function display(content) {
  const made = m('math', content);
  made.setAttribute('display', 'block');
  return made;
}

/** A formula that stands by itself. */
export const math = (...children) => display(row(...children));

/** Lines that are aligned at the sign which each has first. */
export function lines(...rows) {
  const made = display(m('mtable', rows.map(([left, ...right]) => m(
    'mtr', cell(left, 'left-cell'), cell(row(...right), 'right-cell'),
  ))));
  made.setAttribute('class', 'aligned');
  return made;
}

function cell(content, name) {
  const made = m('mtd', content);
  made.setAttribute('class', name);
  return made;
}
