"""Records of signing in: the log that SPID demands, alarms, counts of refusals, what a provider last gave."""
