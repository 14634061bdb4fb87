#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { program } from '../program.js';

let child;
try {
  child = spawn(program(), process.argv.slice(2), { stdio: 'inherit' });
} catch (e) {
  console.error(e.message);
  process.exit(4);
}
// A terminal sends Ctrl-C to both; a signal to this process alone is passed on.
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
  process.on(signal, () => signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal));
}
child.on('error', (e) => {
  console.error(`dpconform: ${e.message}`);
  process.exit(4);
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
