"""The rules: plain values and Arrow tables in, values and tables out. No clock, file, network or stored database."""
