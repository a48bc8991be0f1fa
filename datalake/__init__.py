"""The data lake: data sets over HTTP, kept as plain files on a mounted file system."""
