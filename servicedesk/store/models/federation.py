"""Identity providers taken from federations: where they come from and what is known of each."""
