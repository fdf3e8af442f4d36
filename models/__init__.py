"""The online model that ranks what no rule knows, and learns from verdicts that come days later.

`models.online` is where to begin: what a score is made of. What is normal needs no verdict (`models.baseline`); what
verdicts say is counted (`models.evidence`) and weighed (`models.risk`).
"""

from __future__ import annotations
