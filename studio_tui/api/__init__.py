"""The wire: what Studio says and how it is asked. The only importer of httpx and websockets."""
