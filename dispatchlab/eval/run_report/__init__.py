"""A page about training runs; `page.run_report` makes it."""
