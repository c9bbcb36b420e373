"""Checks encoded structures against docs/akashi.cddl with PyPI's zcbor, which knows nothing of Akashi.

Usage: cddl_check.py SCHEMA. Reads a JSON list of {"type", "bytes"} from standard input, writes a JSON list of the
reasons why each does not follow the schema, null where it does.
"""

import contextlib
import json
import sys

from zcbor import CddlValidationError, DataTranslator


def reason(translator, encoded):
    try:
        # It prints what it makes of choices.
        with contextlib.redirect_stdout(sys.stderr):
            return None if translator.validate_str(encoded) else "refused"
    except CddlValidationError as error:
        return str(error)


def main():
    with open(sys.argv[1], encoding="utf-8") as schema:
        types = DataTranslator.from_cddl(cddl_string=schema.read(), default_max_qty=1 << 20).my_types
    questions = json.load(sys.stdin)
    json.dump([reason(types[item["type"]], bytes.fromhex(item["bytes"])) for item in questions], sys.stdout)


main()
