"""Files are read in processes that can lose nothing but themselves: `pool` hands them out, `server` forks readers."""
