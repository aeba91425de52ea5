"""Partner Center and Graph over the wire: sign-in, one session with its manners, and a file for each resource."""
