"""Turn measured rows into tables, plots, pictures, pages and a summary."""
