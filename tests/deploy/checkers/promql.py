"""Parses each expression of a JSON list; runs in the checkers' environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import promql_parser

for text in json.loads(Path(sys.argv[1]).read_text("utf-8")):
    try:
        promql_parser.parse(text)
    except ValueError as error:
        sys.exit(f"{text}\n{error}")
