#!/bin/sh
# A program for style = "json": keeps what it was told in $RECORDS.
cat >>"$RECORDS"
