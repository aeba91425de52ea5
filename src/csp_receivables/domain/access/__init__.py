"""Taking access away and giving it back: what is proposed, approved, changed, verified and restored. Rules only."""
