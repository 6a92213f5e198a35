"""Builds every object from the configuration and hands it over: the only room that knows all concrete classes."""
