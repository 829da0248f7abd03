// A curve: points joined by a line, its smallest and largest value written beside it.

import { el, svg } from './dom.js';
import { num } from './number.js';

const [WIDTH, HEIGHT] = [320, 90];

/** Draw a curve of points [x, y]. */
export function lineChart(points, title) {
  const kept = points.filter(([, y]) => Number.isFinite(y));
  const root = el('figure', { class: 'curve' });
  if (kept.length < 2) return root;
  const most = Math.max(...kept.map(([, y]) => y));
  const [first, last] = [kept[0][0], kept[kept.length - 1][0]];
  const path = kept.map(([x, y], n) => {
    const at = [(WIDTH * (x - first)) / (last - first), HEIGHT - (HEIGHT * y) / (most || 1)];
    return `${n ? 'L' : 'M'}${at[0].toFixed(1)} ${at[1].toFixed(1)}`;
  }).join('');
  const line = svg('path', { d: path, class: 'line' });
  const floor = svg('path', { d: `M0 ${HEIGHT}H${WIDTH}`, class: 'axis' });
  root.append(svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': title }, floor, line),
    el('figcaption', {}, `${num(most)} → ${num(kept[kept.length - 1][1])}`));
  return root;
}
