"""Microsoft's files of charges: one reader for each form."""
