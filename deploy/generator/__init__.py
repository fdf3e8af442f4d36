"""Makes the deployment files that say again, in another program's words, what the code or another file says.

`python -m deploy.generator` writes them; a test holds each equal to what it would write.
"""

from __future__ import annotations
