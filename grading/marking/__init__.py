"""Marking by a person: what can be marked, on a page of one's own machine or in a table (docs/marking.md).

Stands on the gradebook and the reports. Imported by `commands` alone.
"""
