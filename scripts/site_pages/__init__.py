"""Pages of the documentation site that are written by the package itself."""
