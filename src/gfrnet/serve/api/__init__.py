"""Answer the requests of ``/api/v1``."""
