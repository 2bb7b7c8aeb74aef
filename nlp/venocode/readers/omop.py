"""The NOTE table of the OMOP Common Data Model 5.4, as Parquet, CSV or in a database.

Its columns have the usual names (``columns.USUAL``), in any case; only the query of a database is special.
"""

from __future__ import annotations

QUERY = "SELECT note_id, person_id, note_date, visit_occurrence_id, note_text FROM note ORDER BY note_id"
