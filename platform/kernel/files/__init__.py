"""Store and read files: uploads, pictures, workbooks, fonts."""
