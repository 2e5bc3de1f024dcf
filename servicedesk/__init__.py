"""An ITIL service desk for universities: federated sign-in, a catalogue as code, tickets that never get lost."""
