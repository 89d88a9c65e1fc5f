// Bars in an SVG that is read on light and on dark pages alike.

const width = 860;
const barHeight = 16;
const gap = 6;
const labelWidth = 330;
const valueWidth = 70;
const headHeight = 34;
/** What a number like 10.46x takes. */
const valueRoom = 42;

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 13px; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  .one { stroke: #57606a; stroke-dasharray: 3 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .bar { fill: #6e7681; }
    .ours { fill: #58a6ff; }
    .one { stroke: #8b949e; }
  }`;

/**
 * Groups of bars below one another. The dashed line is what the others are compared with.
 *
 * @param groups - `{ title, bars: [{ name, value }] }`; a bar without a number is left out
 */
export function plot(groups) {
  const parts = [];
  let y = 10;
  for (const { title, bars } of groups) {
    const shown = bars.filter(({ value }) => Number.isFinite(value));
    if (shown.length === 0) continue;
    parts.push(...group(title, shown, y));
    y += headHeight + shown.length * (barHeight + gap) + 18;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img">`,
    `<title>Ratios of the benchmark</title><style>${style}\n</style>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function group(title, bars, top) {
  const room = width - labelWidth - valueWidth;
  const largest = Math.max(1, ...bars.map(({ value }) => value));
  const scaled = (value) => Math.max(1, (value / largest) * room);
  const bottom = top + headHeight + bars.length * (barHeight + gap);
  const one = labelWidth + scaled(1);
  /** Behind its bar, and not across the line. */
  const valueAt = (value) => {
    const x = labelWidth + scaled(value) + 6;
    return x < one && one < x + valueRoom ? one + 6 : x;
  };
  return [
    `<text class="title" x="10" y="${top + 16}">${escaped(title)}</text>`,
    ...bars.map(({ name, value }, index) => {
      const y = top + headHeight + index * (barHeight + gap);
      const kind = name.startsWith('nestjs-oauth-providers') ? 'bar ours' : 'bar';
      return (
        `<text x="${labelWidth - 8}" y="${y + 12}" text-anchor="end">${escaped(name)}</text>` +
        `<rect class="${kind}" x="${labelWidth}" y="${y}" width="${scaled(value).toFixed(1)}" height="${barHeight}" rx="2"/>` +
        `<text x="${valueAt(value).toFixed(1)}" y="${y + 12}">${value.toFixed(2)}x</text>`
      );
    }),
    `<line class="one" x1="${one.toFixed(1)}" x2="${one.toFixed(1)}" y1="${top + headHeight - 6}" y2="${bottom}"/>`,
  ];
}
