"""A file on disk → what may be sent of it, and whether it is whole. Knows no HTTP and no job."""
