"""The hands: the Faust app, its batching transport, its worker; one thin agent a file. Holds no logic."""
