"""The work: photos and words into jobs, run to their end. The only wing that writes the state folder; prints nothing."""
