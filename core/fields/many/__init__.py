"""Many fields: one result of them, groups that are compared, fields that stand out."""
