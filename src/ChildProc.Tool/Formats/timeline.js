'use strict';
// Everything shown is put in as text: a command line may hold anything.
const data = JSON.parse(document.getElementById('data').textContent);
const at = id => document.getElementById(id);
const row = 20, names = 360, top_ = 24, ns = 'http://www.w3.org/2000/svg';
const marked = new Set(data.findings.filter(f => f.severity === 'error' && f.lane !== undefined).map(f => f.lane));
const end = Math.max(data.end, 0.001);
let from = 0, to = end * 1.02;

const make = (parent, name, attributes, text) => {
  const e = document.createElementNS(ns, name);
  for (const key in attributes) e.setAttribute(key, attributes[key]);
  if (text !== undefined) e.textContent = text;
  parent.appendChild(e);
  return e;
};
const time = ms => ms >= 1000 ? (ms / 1000).toFixed(3) + ' s' : ms.toFixed(3) + ' ms';
const tell = lines => { at('detail').textContent = lines.filter(l => l).join('\n'); };
const about = (p, i) => tell([p.pid + ' ' + p.command, p.fate, 'evidence: ' + p.refs.join(', ')]
  .concat(data.findings.filter(f => f.lane === i).map(f => f.rule + ': ' + f.message + ' [' + f.refs + ']')));

function hatch(defs, id, angle, a, b) {
  const p = make(defs, 'pattern', { id, width: 8, height: 8, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(' + angle + ')' });
  make(p, 'rect', { width: 8, height: 8, fill: b });
  make(p, 'rect', { width: 4, height: 8, fill: a });
}

function draw() {
  const chart = at('chart'), width = Math.max(chart.clientWidth - 20, 700), height = top_ + row * data.processes.length + 10;
  const x = t => names + (t - from) / (to - from) * (width - names - 10);
  const clip = t => Math.min(Math.max(x(t), names), width);
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('width', width);
  svg.setAttribute('height', height);
  const defs = make(svg, 'defs', {});
  hatch(defs, 'zombie', 0, '#c62828', '#ef9a9a');
  hatch(defs, 'leaked', 45, '#e08e00', '#ffe0a3');
  for (let i = 0; i <= 8; i++) {
    const t = from + (to - from) * i / 8;
    make(svg, 'line', { class: 'grid', x1: x(t), x2: x(t), y1: top_ - 6, y2: height });
    make(svg, 'text', { x: x(t), y: 12, 'text-anchor': i === 8 ? 'end' : 'middle' }, time(t));
  }
  data.processes.forEach((p, i) => {
    const y = top_ + i * row;
    make(svg, 'rect', { class: 'row', x: 0, y, width, height: row, fill: i % 2 ? '#fafafa' : '#fff' });
    const indent = Math.min(p.depth, 12) * 10;
    const label = make(svg, 'text', { x: 4 + indent, y: y + 14 }, (p.pid + ' ' + p.command).slice(0, Math.floor((names - indent - 12) / 6.7)));
    if (marked.has(i)) label.setAttribute('style', 'fill:#b3201c;font-weight:bold');
    const bar = (a, b, fill) => {
      if (b < from || a > to) return;
      const e = make(svg, 'rect', { class: 'life' + (marked.has(i) ? ' marked' : ''), x: clip(a), y: y + 4, width: Math.max(clip(b) - clip(a), 2), height: row - 8, fill });
      make(e, 'title', {}, p.pid + ' ' + p.command + '\n' + p.fate);
      e.onclick = () => about(p, i);
    };
    const over = p.to === undefined ? end : p.to;
    if (p.leaked && data.rootExit !== undefined && data.rootExit > p.from) {
      bar(p.from, data.rootExit, '#9aa5b1');
      bar(data.rootExit, over, 'url(#leaked)');
    } else bar(p.from, over, p.leaked ? 'url(#leaked)' : '#9aa5b1');
    if (p.zombieTo !== undefined && p.to !== undefined) bar(p.to, p.zombieTo, 'url(#zombie)');
  });
  for (const pipe of data.pipes) {
    const y1 = top_ + Math.min(...pipe.lanes) * row + row / 2, y2 = top_ + Math.max(...pipe.lanes) * row + row / 2;
    if (y1 === y2 || pipe.from > to || pipe.from < from) continue;
    const a = clip(pipe.from), b = clip(pipe.to === undefined ? end : pipe.to);
    const e = make(svg, 'path', { class: 'pipe', d: 'M' + a + ' ' + y1 + ' V' + y2 + ' H' + b });
    make(e, 'title', {}, pipe.key);
    e.onclick = () => tell([pipe.key + ' ' + time(pipe.from) + ' to ' + (pipe.to === undefined ? 'the end' : time(pipe.to)),
      'held by ' + pipe.lanes.map(l => data.processes[l].pid + ' ' + data.processes[l].command).join('; '), 'evidence: ' + pipe.ref]);
  }
  if (data.rootExit !== undefined && data.rootExit >= from && data.rootExit <= to)
    make(svg, 'line', { class: 'end', x1: x(data.rootExit), x2: x(data.rootExit), y1: top_ - 6, y2: height });
  chart.replaceChildren(svg);
  svg.onwheel = e => {
    e.preventDefault();
    const middle = from + (e.offsetX - names) / (width - names) * (to - from);
    zoom(e.deltaY < 0 ? 0.8 : 1.25, Math.min(Math.max(middle, from), to));
  };
  svg.onmousedown = e => {
    const x0 = e.clientX, f = from, t = to;
    const move = m => { const d = (x0 - m.clientX) / (width - names) * (t - f); from = f + d; to = t + d; draw(); };
    const up = () => { removeEventListener('mousemove', move); removeEventListener('mouseup', up); };
    if (e.target.getAttribute('class') === 'row') { addEventListener('mousemove', move); addEventListener('mouseup', up); }
  };
}

function zoom(factor, middle) {
  const span = Math.min(Math.max((to - from) * factor, 0.0001), end * 1.02);
  const share = (middle - from) / (to - from);
  from = middle - span * share;
  to = from + span;
  draw();
}

document.title = 'childproc: ' + data.verdict;
at('verdict').textContent = data.verdict;
at('verdict').className = data.verdict;
at('title').textContent = data.title;
for (const line of data.sums) at('sums').appendChild(document.createElement('li')).textContent = line;
if (data.left > 0) at('sums').appendChild(document.createElement('li')).textContent = data.left + ' more processes are not shown';
for (const f of data.findings) {
  const d = document.createElement('div');
  d.className = f.severity;
  d.textContent = f.severity + ' ' + f.rule + ': ' + f.message;
  d.onclick = () => tell([f.rule, f.message, f.at === undefined ? '' : 'at ' + time(f.at), 'evidence: ' + f.refs]);
  at('findings').appendChild(d);
}
at('in').onclick = () => zoom(0.6, (from + to) / 2);
at('out').onclick = () => zoom(1.7, (from + to) / 2);
at('all').onclick = () => { from = 0; to = end * 1.02; draw(); };
addEventListener('resize', draw);
draw();
