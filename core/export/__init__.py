"""Results as files: label images, outlines, tables, overlay, provenance."""
