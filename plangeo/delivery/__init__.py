"""What an office receives: written all or nothing, held against its own record and against the published form."""
