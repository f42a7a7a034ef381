"""HTTP and what the backend says over it. Knows no job, no state folder and no photo."""
