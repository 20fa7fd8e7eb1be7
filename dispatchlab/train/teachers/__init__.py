"""Teachers: whoever chooses the tasks that an agent trains on."""
