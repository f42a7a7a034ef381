"""The state machine: accounts, sessions, renders and turns. Knows no HTTP: not `http`, not Starlette."""
