"""What is set before anything begins: flags, environment, SKILL.md and its listing."""
