"""Methods for air-taxi fleets that need no learning."""
