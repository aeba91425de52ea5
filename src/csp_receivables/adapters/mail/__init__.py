"""Mail. `gated.GatedMail` is the only way out; nothing but it speaks to a mail server."""
