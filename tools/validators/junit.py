"""Holds JUnit XML against a schema, and counts what a reader finds in it.

python junit.py SCHEMA.xsd FILE.xml... prints, for each file, a line of JSON with
the counts, and ends with 1 where a file does not fit the schema.
"""

import json
import sys

import junitparser
import xmlschema


def counts(path):
    """Counts the cases by what came of them, and not by what the file counts."""
    found = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    words = {junitparser.Failure: "failures", junitparser.Error: "errors", junitparser.Skipped: "skipped"}
    root = junitparser.JUnitXml.fromfile(path)
    for suite in [root] if isinstance(root, junitparser.TestSuite) else root:
        for case in suite:
            found["tests"] += 1
            for result in case.result:
                found[words[type(result)]] += 1
    return found


def main():
    """Looks at every file."""
    schema, wrong = xmlschema.XMLSchema(sys.argv[1]), False
    for path in sys.argv[2:]:
        for error in schema.iter_errors(path):
            print(f"{path}: {error.reason}", file=sys.stderr)
            wrong = True
        print(json.dumps(counts(path)))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
