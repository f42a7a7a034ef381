"""The backend over HTTP: the only wing that knows Starlette. Holds no state."""
