"""The backend over HTTP: the only wing that imports Starlette. Holds no state."""
