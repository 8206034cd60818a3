"""Marking by a person: what can be marked, on a page of one's own machine or in a table (docs/marking.md)."""
