"""The SQLite file: connections, migrations and one module for each family of tables."""
