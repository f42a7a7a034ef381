"""Words and a draft → a new draft, and the steps that tell of it. Pure: imports only `beats`."""
