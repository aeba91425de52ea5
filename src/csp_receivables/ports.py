"""What the steps need from the world, as Protocols. Adapters implement them; `wiring` plugs them in."""

from __future__ import annotations
