"""Projects against projects: ground that several of them claim, and projects that may be one."""
