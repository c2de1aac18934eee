"""The two faces of rating: a page served on this machine, and the terminal."""
