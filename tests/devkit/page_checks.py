"""What a script sees of whether people can read and use a page. Each expression gives a list, empty if all is well."""

FAINT = """(() => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
  const draw = canvas.getContext('2d', {willReadFrequently: true});
  const over = (colour, below) => {
    draw.clearRect(0, 0, 1, 1);
    for (const one of [`rgb(${below})`, colour]) {
      draw.fillStyle = one;
      draw.fillRect(0, 0, 1, 1);
    }
    return [...draw.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const ground = (node) => {
    const layers = [];
    for (let one = node; one; one = one.parentElement) layers.unshift(getComputedStyle(one).backgroundColor);
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const light = (colour) => {
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest('option, :disabled')) continue;
    const below = ground(node);
    const [brighter, darker] = [light(over(getComputedStyle(node).color, below)), light(below)].sort((a, b) => b - a);
    const ratio = (brighter + 0.05) / (darker + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${node.className} ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
  return faint;
})()"""
"""Texts with less contrast than 4.5 to 1 (WCAG 2.2, 1.4.3)."""

NAMELESS = """(() => {
  const isNamed = (one) => one.textContent.trim() || one.ariaLabel || one.alt || one.labels?.length
    || one.getAttribute('aria-labelledby');
  return [...document.querySelectorAll('button, a, input, select, textarea, [tabindex="0"], img')]
    .filter((one) => one.checkVisibility() && !isNamed(one)).map((one) => one.outerHTML.slice(0, 120));
})()"""
"""Controls and images without a name for screen readers."""
