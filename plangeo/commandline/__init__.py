"""What several commands of the command line share: their options, their exit codes, a run told while it goes on."""
