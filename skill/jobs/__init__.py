"""The work: photos and words become jobs, which are run to their end. Only here the state folder is written; nothing is printed."""
