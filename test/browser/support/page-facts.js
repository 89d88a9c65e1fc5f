/* global document, getComputedStyle, innerWidth, matchMedia, NodeFilter */
// Evaluated inside a page; its value is what the tests look at.
(() => {
  const channels = (color) => {
    const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return [red, green, blue, alpha];
  };
  const over = ([r, g, b, a], [x, y, z]) => [
    r * a + x * (1 - a),
    g * a + y * (1 - a),
    b * a + z * (1 - a),
    1,
  ];
  const ground = (element) => {
    if (element === null)
      return channels(getComputedStyle(document.documentElement).backgroundColor)[3] === 0
        ? matchMedia('(prefers-color-scheme: dark)').matches
          ? [18, 18, 18, 1]
          : [255, 255, 255, 1]
        : channels(getComputedStyle(document.documentElement).backgroundColor);
    const color = channels(getComputedStyle(element).backgroundColor);
    return color[3] === 1 ? color : over(color, ground(element.parentElement));
  };
  const luminance = (color) => {
    const [red, green, blue] = color
      .slice(0, 3)
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement: element } = walker.currentNode;
    if (data.trim() === '' || element.closest('script, noscript') || !element.checkVisibility()) continue;
    const behind = ground(element);
    const ratio = contrast(over(channels(getComputedStyle(element).color), behind), behind);
    texts.push({ text: data.trim(), contrast: Math.round(ratio * 100) / 100 });
  }

  const clipped = [...document.body.querySelectorAll('*')]
    .filter((element) => element.checkVisibility() && element.closest('.avatar, script, iframe') === null)
    .filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return left < -0.5 || right > innerWidth + 0.5 || element.scrollWidth > element.clientWidth + 1;
    })
    .filter((element) => getComputedStyle(element).display !== 'inline')
    .map((element) => element.outerHTML.slice(0, 80));

  const inline = [...document.querySelectorAll('script:not([src]), style, [style]')]
    .concat(
      [...document.querySelectorAll('*')].filter((element) => /\son\w+=/.test(element.cloneNode().outerHTML)),
    )
    .filter(({ tagName }) => tagName !== 'IFRAME')
    .map((element) => element.outerHTML.slice(0, 80));

  const { documentElement: root } = document;
  return {
    language: root.lang,
    title: document.title,
    headings: [...document.querySelectorAll('h1')].map((heading) => heading.innerText),
    texts,
    clipped,
    inline,
    scrollsSideways: root.scrollWidth > root.clientWidth,
    cookie: document.cookie,
    unnamed: [
      ...document.querySelectorAll(
        'a, button, input:not([type=hidden]), select, img:not([alt]), iframe:not([title])',
      ),
    ]
      .filter((element) => element.checkVisibility())
      .filter(
        (element) =>
          !(element.innerText?.trim() || element.ariaLabel || element.title || element.labels?.length),
      )
      .map((element) => element.outerHTML.slice(0, 80)),
    focusable: [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select')].filter(
      (element) => element.checkVisibility(),
    ).length,
    ground: ground(document.body),
  };
})();
