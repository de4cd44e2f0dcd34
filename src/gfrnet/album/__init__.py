"""Find the people of an album: group its faces, ask what is unsure, and restore the bad ones."""
