"""prewarn: screens medical-insurance settlements before they are paid."""

from __future__ import annotations
