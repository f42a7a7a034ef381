"""Where this copy of the skill lies, the packages it needs, and the folders made of it."""
