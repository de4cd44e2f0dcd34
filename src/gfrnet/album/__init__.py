"""Know the people on a family's photos, and restore the bad ones with the good photos of the same people."""
