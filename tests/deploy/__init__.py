"""Holds deploy/ and k8s/ to what they promise: to the code, to every checker at hand, and to faults in real workers."""

from __future__ import annotations
