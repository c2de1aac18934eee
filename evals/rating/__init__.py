"""People rate answers without knowing whose they are; who said what is put together again only in the summary."""
