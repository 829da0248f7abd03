/* What a page shows that a reader should not see: as sentences; none where all is well. Run in the page. */
(() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  const seen = (node) => {
    const box = node.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const name = (node) => (node.textContent || node.getAttribute("src") || node.tagName).trim().slice(0, 60);

  if (document.documentElement.scrollWidth > width)
    found.push(`the page is ${document.documentElement.scrollWidth} wide on a screen of ${width}`);
  for (const node of document.querySelectorAll(".md-content .formula")) {
    const math = node.querySelector("math").getBoundingClientRect();
    const room = node.getBoundingClientRect();
    if (node.scrollWidth > node.clientWidth || math.right > room.right + 1 || math.left < room.left - 1)
      found.push(`a formula is cut off: ${name(node)}`);
    if (math.height < 8) found.push(`a formula is not typeset: ${name(node)}`);
  }
  for (const node of document.querySelectorAll(".md-content img")) {
    const box = node.getBoundingClientRect();
    if (!node.complete || node.naturalWidth === 0) found.push(`a picture is missing: ${node.src}`);
    if (box.right > width + 1 || box.left < -1) found.push(`a picture is cut off: ${node.src}`);
    if (!node.alt) found.push(`a picture has no words in its place: ${node.src}`);
  }

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (text) => {
    if (!known.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      known.set(text, [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255));
    }
    return known.get(text);
  };
  const over = (top, below) => below.map((part, at) => (at < 3 ? top[at] * top[3] + part * (1 - top[3]) : 1));
  const ground = (node) => {
    if (!node) return [1, 1, 1, 1];
    const own = rgba(getComputedStyle(node).backgroundColor);
    return own[3] === 1 ? own : over(own, ground(node.parentElement));
  };
  const faint = (node) => (node ? Number(getComputedStyle(node).opacity) * faint(node.parentElement) : 1);
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);

  const checked = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || checked.has(node) || node.closest("script, style, noscript")) continue;
    checked.add(node);
    if (!seen(node)) continue;
    const style = getComputedStyle(node);
    const below = ground(node);
    const ink = rgba(style.color);
    const top = over([ink[0], ink[1], ink[2], ink[3] * faint(node)], below);
    const [bright, dark] = [light(top), light(below)].sort((a, b) => b - a);
    const ratio = (bright + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5))
      found.push(`contrast ${ratio.toFixed(2)} of “${name(node)}” (${style.color} on ${below.map((p) => Math.round(p * 255)).slice(0, 3)})`);
  }
  return found;
})()
