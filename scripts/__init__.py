"""Tools around the package: pages of the documentation site, tutorials, releases."""
