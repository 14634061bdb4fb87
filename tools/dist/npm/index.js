import { conformance as start } from './dpconform.mjs';
import { program } from './program.js';

/** Runs one test for each scenario: see dpconform.mjs. */
export function conformance(title, makeCall, options = {}) {
  return start(title, makeCall, { program: process.env.DPCONFORM_PROGRAM ?? program(), ...options });
}
