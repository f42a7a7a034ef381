"""Words and a draft → a new draft, and the steps that tell of it. Pure; the renderer is not known here."""
