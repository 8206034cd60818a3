"""Marking by a person: shows what can be marked, on a page served locally or in a table (docs/marking.md).

Stands on the rest of the gradebook and on the reports. Imported only by `commands`.
"""
