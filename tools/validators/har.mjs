// Holds HTTP archives against the JSON Schema of HAR 1.2:
// node har.mjs FILE.har... prints what is wrong, and ends with 1 where something is.
import { readFile } from "node:fs/promises";
import validator from "har-validator";

for (const file of process.argv.slice(2)) {
  try {
    await validator.har(JSON.parse(await readFile(file, "utf8")));
  } catch (failure) {
    console.error(`${file}: ${JSON.stringify(failure.errors ?? failure.message)}`);
    process.exitCode = 1;
  }
}
