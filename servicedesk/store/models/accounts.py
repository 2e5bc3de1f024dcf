"""Local accounts: passwords, second factors, single-use links by mail."""
