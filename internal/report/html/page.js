(() => {
  'use strict';
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const root = document.documentElement;
  root.classList.add('js');

  // A link into something folded unfolds it.
  const reveal = () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { return; }
    const target = name && document.getElementById(name);
    if (!target) return;
    for (let at = target; at; at = at.parentElement) {
      if (at.localName === 'details') at.open = true;
      at.hidden = false;
    }
    target.scrollIntoView({ block: 'start', behavior: 'instant' });
  };
  addEventListener('hashchange', reveal);

  // Commands and flags can be copied.
  const said = new Map();
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement('textarea');
      area.value = text;
      document.body.append(area);
      area.select();
      const copied = document.execCommand('copy');
      area.remove();
      return copied;
    }
  };
  for (const block of all('.copy')) {
    const text = block.textContent;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', 'Copy: ' + text.slice(0, 60));
    button.addEventListener('click', async () => {
      button.textContent = await copy(text) ? 'Copied' : 'Failed';
      clearTimeout(said.get(button));
      said.set(button, setTimeout(() => { button.textContent = 'Copy'; }, 1500));
    });
    block.append(button);
  }

  // Search and filter.
  const tools = document.getElementById('filter');
  const query = document.getElementById('query');
  const found = document.getElementById('found');
  const requirements = all('.requirement');
  const texts = new Map();
  const textOf = (one) => {
    if (!texts.has(one)) texts.set(one, one.textContent.toLowerCase());
    return texts.get(one);
  };
  const buttons = all('[data-verdict]', tools);
  const pressed = (button) => button.getAttribute('aria-pressed') === 'true';
  const press = (button, down) => button.setAttribute('aria-pressed', String(down));
  const filter = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = new Set(buttons.filter((one) => one.dataset.verdict && pressed(one)).map((one) => one.dataset.verdict));
    let shown = 0;
    for (const one of requirements) {
      one.hidden = chosen.size > 0 && !chosen.has(one.dataset.verdict) || !words.every((word) => textOf(one).includes(word));
      if (!one.hidden) shown++;
    }
    for (const group of all('.group')) {
      const inside = all('.requirement', group);
      group.hidden = inside.length > 0 && inside.every((one) => one.hidden);
    }
    found.textContent = words.length || chosen.size ? `${shown} of ${requirements.length} requirements shown` : '';
  };
  let waiting;
  query.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  for (const button of buttons) {
    button.addEventListener('click', () => {
      // One verdict after the other can be chosen; where none is, all are shown.
      const verdicts = buttons.filter((one) => one.dataset.verdict);
      if (button.dataset.verdict) press(button, !pressed(button));
      else verdicts.forEach((one) => press(one, false));
      press(buttons.find((one) => !one.dataset.verdict), !verdicts.some(pressed));
      filter();
    });
  }
  for (const button of all('[data-fold]', tools)) {
    button.addEventListener('click', () => {
      for (const one of all('.requirement, .check, .exchange')) one.open = button.dataset.fold === 'open';
    });
  }
  tools.hidden = false;
  addEventListener('keydown', (event) => {
    if (event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && document.activeElement !== query) {
      event.preventDefault();
      query.focus();
    } else if (event.key === 'Escape' && document.activeElement === query) {
      query.value = '';
      filter();
    }
  });

  // On paper nothing can be unfolded.
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = requirements.filter((one) => !one.open);
    for (const one of folded) one.open = true;
  });
  addEventListener('afterprint', () => {
    for (const one of folded) one.open = false;
  });

  reveal();
})();
