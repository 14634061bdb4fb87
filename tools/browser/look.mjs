// Looks at pages in Chromium, at two widths, in light and dark, with everything
// folded and unfolded, and with and without script: accessibility, errors,
// requests, and whether anything is wider than the window.
//
//   node look.mjs CHROMIUM FILE...
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [executablePath, ...files] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];
const problems = [];

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// look opens a page and says what is wrong with it.
async function look(file, width, colorScheme, javaScriptEnabled) {
  const name = `${basename(file)}, ${width} px, ${colorScheme}${javaScriptEnabled ? '' : ', without script'}`;
  const report = (problem) => problems.push(`${name}: ${problem}`);
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  page.on('console', (message) => report(`the console says: ${message.text()}`));
  page.on('pageerror', (error) => report(`the script fails: ${error.message}`));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) report(`it asks for ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  for (const unfolded of [false, true]) {
    if (unfolded) await page.evaluate(() => { for (const one of document.querySelectorAll('details')) one.open = true; });
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (beyond > 0) report(`it is ${beyond} px wider than the window`);
    const tall = await page.evaluate(() => document.documentElement.scrollHeight);
    if (!unfolded && width === 1280 && /^failing/.test(name) && tall > 3 * 900) report(`it needs more than three screens: ${tall} px`);
    const fix = await page.evaluate(() => [...document.querySelectorAll('b')].find((one) => one.textContent === 'Fix:')?.getBoundingClientRect().bottom ?? 0);
    if (!unfolded && /^failing/.test(name) && (fix === 0 || fix > 844)) report(`the first screen does not say what to do: ${fix} px`);
    if (!javaScriptEnabled) continue;
    await page.evaluate(axe);
    const { violations } = await page.evaluate((only) => globalThis.axe.run(document, { runOnly: only, resultTypes: ['violations'] }), rules);
    for (const { id, nodes } of violations) report(`${id}, ${nodes.length} times, first at ${nodes[0].html.slice(0, 200)}`);
  }
  if (javaScriptEnabled) await use(page, report);
  await context.close();
}

// use copies a command, and follows a link into something folded.
async function use(page, report) {
  const copied = await page.evaluate(() => {
    const command = document.querySelector('pre.copy');
    command?.querySelector('button').click();
    return !command || command.firstChild.data.length > 0;
  });
  if (!copied) report('there is nothing to copy');
  const id = await page.evaluate(() => [...document.querySelectorAll('.requirement')].at(-1)?.id);
  if (!id) return;
  await page.evaluate(() => { for (const one of document.querySelectorAll('details')) one.open = false; });
  await page.evaluate((to) => { location.hash = to; }, id);
  await page.waitForFunction((to) => document.getElementById(to).open, id).catch(() => report(`a link to ${id} leaves it folded`));
}

for (const file of files) {
  for (const width of [1280, 360]) {
    for (const scheme of ['light', 'dark']) await look(file, width, scheme, true);
    await look(file, width, 'light', false);
  }
  console.log(`looked at ${basename(file)}`);
}
await browser.close();
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
