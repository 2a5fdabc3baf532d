"""The web page: incidents as they are now, and everything behind them, for people on any screen."""
