"""Find the people of an album, choose their good photos, and restore the bad ones with them."""
