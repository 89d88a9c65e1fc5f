/* global document, getComputedStyle */
// Evaluated inside a page: how what has the focus shows it.
(() => {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { top, bottom } = element.getBoundingClientRect();
  return {
    name: element.innerText.trim().replace(/\s+/g, ' '),
    isVisible: element.matches(':focus-visible') && outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2,
    isOnScreen: top >= 0 && bottom <= document.documentElement.clientHeight,
  };
})();
