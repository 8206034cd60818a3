"""Marking by a person: what can be marked, on a page of one's own machine or in a table (docs/marking.md).

Stands on the rest of the gradebook and on the reports. Imported by `commands` alone.
"""
