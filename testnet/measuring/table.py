"""Tables for people and documents for programs, of the same rows."""

import json
import sys


class Table:
    """Rows are printed as they come, and written as JSON at the end."""

    def __init__(self, path, *columns):
        self.path, self.columns, self.rows = path, columns, []
        print("| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns), flush=True)

    def add(self, *cells):
        if len(cells) != len(self.columns):
            sys.exit("figures: a row does not fit its table")
        self.rows.append(dict(zip(self.columns, cells)))
        print("| " + " | ".join(map(shown, cells)) + " |", flush=True)

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.rows, indent=1) + "\n")
        print(f"written to {self.path}")


def shown(cell):
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "NO"
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 1000 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"
    return str(cell)
