import { createRequire } from 'node:module';

/** The path of the program in the package for this platform. */
export function program() {
  const name = `@dpconform/${process.platform}-${process.arch}`;
  const file = process.platform === 'win32' ? 'dpconform.exe' : 'dpconform';
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/${file}`);
  } catch {
    throw new Error(`dpconform: the package ${name} is not installed; install without --omit=optional, on a platform that it supports`);
  }
}
