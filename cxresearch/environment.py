"""The environment variables by which the run of a report speaks to the kernels of its notebooks."""

RUN = "CXRESEARCH_RUN"  # set: this is a run, not a notebook opened by itself
CHECKED = "CXRESEARCH_CHECKED"  # the file of what the check of the workspace found
SNAPSHOT = "CXRESEARCH_SNAPSHOT"  # the state of a PostgreSQL database that all of them read
SOURCE = "CXRESEARCH_SOURCE"  # the source of a mapping that may lead out of its workspace
PERSONAL = "CXRESEARCH_PERSONAL"  # the file of the values that may not be shown
