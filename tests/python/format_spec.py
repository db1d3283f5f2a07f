"""Formats floats by every kind of specifier; a specifier that Python refuses has no text."""

import itertools
import json
import random

VALUES = ["0.0", "-0.0", "0.5", "1.0", "2.5", "-1.25", "3.14159", "1e16", "123456.0", "1234567.891", "999999.5", "0.0001",
          "0.00012345", "1e-05", "-1e-05", "1e100", "9.995", "-99999.95", "inf", "-inf", "nan", "0.1"]  # fmt: skip
ALIGNED = ["", "<", ">", "^", "=", "*^", "0<", "_="]
SIGNS = ["", "+", "-", " "]
WIDTHS = ["", "0", "1", "10", "012"]
GROUPS = ["", ",", "_"]
PRECISIONS = ["", ".0", ".1", ".3", ".4", ".17"]
TYPES = ["", "f", "F", "e", "E", "g", "G", "%"]
WRONG = ["d", ".f", "x", "10.3q", "+ ", ",,", "ff", ".-1f", "^^^", "10."]


def formatted(value, spec):
    try:
        return format(float(value), spec)
    except ValueError:
        return None


def main():
    specs = ["".join(parts) for parts in itertools.product(ALIGNED, SIGNS, WIDTHS, GROUPS, PRECISIONS, TYPES)]
    random.seed(1)
    cases = [(random.choice(VALUES), spec) for spec in random.sample(specs, 3000)]
    cases += [(value, spec) for value in VALUES for spec in (".4f", ".4e", ">10.3f", "+.2f", "", "g", ".2%", ",.2f")]
    cases += [("1.5", spec) for spec in WRONG]
    for value, spec in cases:
        print(json.dumps({"value": value, "spec": spec, "text": formatted(value, spec)}))
    print(json.dumps({"end": len(cases)}))


main()
