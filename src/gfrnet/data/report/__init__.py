"""Show a data set as pages for a browser."""

from gfrnet.data.report.write import write_report

__all__ = ["write_report"]
