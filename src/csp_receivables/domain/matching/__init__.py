"""Cash application: one named rule a file, tried in the order of `ladder`."""
