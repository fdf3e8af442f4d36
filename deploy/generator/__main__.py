"""`python -m deploy.generator` writes every made file anew."""

from __future__ import annotations

import sys

from deploy.generator.files import made

for path, text in made().items():
    if not path.exists() or path.read_text("utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        sys.stdout.write(f"{path}\n")
