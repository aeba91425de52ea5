"""Collections: which customer hears what, and when. Policy and facts in, one decision per customer out."""
