// A curve: points joined by a line, its first and last value written below its name.

import { el, svg } from './dom.js';
import { num } from './number.js';

const [WIDTH, HEIGHT] = [320, 84];
const STEEP = 20;

/** Draw a curve of points [x, y]; one that falls far is drawn on a logarithmic scale, and says so. */
export function lineChart(points, title, words) {
  const kept = points.filter(([, y]) => Number.isFinite(y));
  const root = el('figure', { class: 'curve' });
  if (kept.length < 2 || kept[0][0] === kept[kept.length - 1][0]) return root;
  const values = kept.map(([, y]) => y);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const steep = least > 0 && most / least > STEEP;
  const heightOf = steep ? (y) => Math.log(y / least) / Math.log(most / least) : (y) => y / (most || 1);
  const [first, last] = [kept[0][0], kept[kept.length - 1][0]];
  const path = kept.map(([x, y], n) => {
    const at = [(WIDTH * (x - first)) / (last - first), HEIGHT * (1 - heightOf(y))];
    return `${n ? 'L' : 'M'}${at[0].toFixed(1)} ${at[1].toFixed(1)}`;
  }).join('');
  const line = svg('path', { d: path, class: 'line' });
  const floor = svg('path', { d: `M0 ${HEIGHT}H${WIDTH}`, class: 'axis' });
  const ends = `${num(values[0])} → ${num(values[values.length - 1])}`;
  root.append(el('figcaption', {}, el('span', {}, steep ? `${title} (${words.logarithmic})` : title), el('span', {}, ends)),
    svg('svg', { viewBox: `0 -2 ${WIDTH} ${HEIGHT + 4}`, role: 'img', 'aria-label': `${title}: ${ends}` }, floor, line));
  return root;
}
