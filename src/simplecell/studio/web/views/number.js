// Numbers as people write them: three digits that count, and a true minus sign.

/** Write a number in at most so many digits that count. */
export function num(value, digits = 3) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '?' : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return minus(String(value));
  if (size >= 1e5 || size < 1e-4) return power(value, digits);
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return minus(value.toFixed(Math.min(places, 6)));
}

function power(value, digits) {
  const [head, tail] = value.toExponential(digits - 1).split('e');
  return `${minus(head)}·10${raised(Number(tail))}`;
}

function raised(exponent) {
  const small = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  const digits = [...String(Math.abs(exponent))].map((digit) => small[Number(digit)]).join('');
  return exponent < 0 ? `⁻${digits}` : digits;
}

function minus(text) {
  return text.replace('-', '−');
}

/** Write a number with its sign, as in a change. */
export function signed(value, digits = 3) {
  return value > 0 ? `+${num(value, digits)}` : num(value, digits);
}

/** Write whole numbers with a thin gap between thousands. */
export function whole(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}
