"""Naming the mistake behind wrong answers. Nothing in here decides a verdict; it only chooses words."""
