"""What the viewers of all families share: colours, letters, pixels, pages and figures."""
