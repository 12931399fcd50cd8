"""What a register says of each project, held against itself, the map, the plans and the rulebook."""
